export { setPassword, type Try, verifyCredentials } from './credentials.ts';
export { identityJobs } from './identity.jobs.ts';
export { type NewPerson, type PersonInput, readPerson } from './people.rules.ts';
export { type CreatedPerson, createPeople, createPerson } from './people.service.ts';
export { names, type Person, personById, searchPeople } from './people.store.ts';
export { roleTitle } from './roles.rules.ts';
export { assignRole, endRole, type Holder, holders } from './roles.service.ts';
export { identityRoom } from './room.ts';
export { authenticate, clientAddress, presence } from './sessions.ts';
