export { allTeaching, classesOf, classSizes, pupilsIn, type Teaching } from './classes.store.ts';
export { overduePasswords, setPassword, type Try, verifyCredentials } from './credentials.ts';
export { identityJobs } from './identity.jobs.ts';
export { childrenOf, type ParentLink, parentLinks } from './parents.service.ts';
export { type NewPerson, type PersonInput, readPerson } from './people.rules.ts';
export { type CreatedPerson, createPeople, createPerson } from './people.service.ts';
export { names, type Person, personById, searchPeople } from './people.store.ts';
export { schoolCalendar } from './policy.store.ts';
export { letPupilsIn, PLACE_COOKIE, refusePupils } from './refusals.store.ts';
export { GIVEN_ROLES, roleTitle, whyNotRole } from './roles.rules.ts';
export { acceptRole, assignRole, endRole, handOver, lockRoles } from './roles.service.ts';
export {
  countKinds,
  type Holder,
  type Holding,
  holders,
  liveHoldings,
  pastHoldings,
  rolesHeld,
} from './roles.store.ts';
export { identityRoom } from './room.ts';
export { lastBoundary } from './rotation.rules.ts';
export { authenticate, clientAddress, presence } from './sessions.ts';
