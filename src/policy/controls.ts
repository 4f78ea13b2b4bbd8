/**
 * What this program does to keep a policy. Clauses name these; the policy page shows beside a clause the controls that
 * keep it with today's evidence, and says so where there is none. A control stands here only once it works.
 */
export interface Control {
  readonly id: string;
  readonly name: string;
  /** One sentence for governors: what it does. */
  readonly does: string;
}

export const CONTROLS: readonly Control[] = [
  {
    id: 'accounts',
    name: 'Personal accounts',
    does: 'Each person has one account of their own; what is done with it leads back to one person.',
  },
  {
    id: 'sign-in',
    name: 'Sign-in',
    does: 'Nothing but public pages opens without signing in; repeated wrong passwords lock the account for a while.',
  },
  {
    id: 'first-passwords',
    name: 'First passwords',
    does: 'A first password works once and opens only the form to choose another.',
  },
  {
    id: 'password-rules',
    name: 'Password rules',
    does: 'A new password is taken only if it keeps the rules of the policy.',
  },
  {
    id: 'password-rotation',
    name: 'Password change',
    does: 'After the boundary that the policy names, the first sign-in leads only to the form to choose a new password.',
  },
  {
    id: 'roles',
    name: 'Roles and deputies',
    does: 'Roles are held by named people with history; vacancies and single points are shown and told.',
  },
  {
    id: 'filter',
    name: 'Web filter',
    does: 'Every request over DNS or proxy is decided by the policy in force; there is no unfiltered profile.',
  },
  {
    id: 'profiles',
    name: 'Filtering by person',
    does: 'Year, role and person decide which answer a site gets; whoever is unknown gets the strictest.',
  },
  {
    id: 'illegal-content',
    name: 'Illegal content stays closed',
    does: 'Illegal categories are closed to everybody, and no setting, version or request opens them.',
  },
  {
    id: 'extremism',
    name: 'Extremism kept from pupils',
    does: 'Terrorist and extremist sites are closed to pupils whatever the document says.',
  },
  { id: 'dangerous-sites', name: 'Dangerous sites', does: 'Malware and phishing sites are closed to everybody.' },
  {
    id: 'help-open',
    name: 'Help stays open',
    does: 'Crisis and help services open for everybody and cannot be closed by a category.',
  },
  {
    id: 'proof',
    name: 'Proof, every day',
    does: 'Each gateway asks itself daily and after every change, for every profile, whether what must be closed is closed and help and lessons are open; failures alert.',
  },
  {
    id: 'block-page',
    name: 'Block page',
    does: 'Whoever is stopped reads why, by which clause, how to ask and where to find help.',
  },
  {
    id: 'fail-closed',
    name: 'Closed when in doubt',
    does: 'A gateway without a valid policy lets nothing through and raises an alert.',
  },
  {
    id: 'lists',
    name: 'Filter lists',
    does: 'Category lists are fetched on a schedule; their age and faults are shown.',
  },
  {
    id: 'site-questions',
    name: 'Questions about sites',
    does: 'Anybody may ask for a site from the block page and is answered.',
  },
  {
    id: 'filter-changes',
    name: 'Changes of the filter by two',
    does: 'A site is opened for a class and a time only after another person has agreed, and closes again by the clock.',
  },
  {
    id: 'ai-tools',
    name: 'Register of AI tools',
    does: 'An AI tool stays closed until it has been assessed and another person has approved it, and closes at its review.',
  },
  {
    id: 'activity',
    name: 'Activity record',
    does: 'Each decision is recorded with person, time, kind of site and reason, and cannot be altered unseen.',
  },
  {
    id: 'class-view',
    name: 'Looking at a class',
    does: 'A teacher sees what their class does now, and each look leaves an entry with who, when and why.',
  },
  { id: 'look-ups', name: 'Watched look-ups', does: 'Reading about one person needs a reason and leaves an entry.' },
  { id: 'retention', name: 'Deletion on time', does: 'Records go when their time is over, unless a hold keeps them.' },
  {
    id: 'notice',
    name: 'Monitoring notice',
    does: 'Nobody’s first session begins before they have read that use is monitored.',
  },
  {
    id: 'fair-use',
    name: 'A fair share of the network',
    does: 'Whoever moves more through the proxy within an hour than the policy calls fair goes on slowly, and it is recorded.',
  },
  {
    id: 'attempts',
    name: 'Repeated attempts',
    does: 'Being stopped again and again at one kind of site raises one alert with its evidence.',
  },
  { id: 'grave-alerts', name: 'Alerts of danger', does: 'Signs of danger raise an alert within seconds.' },
  {
    id: 'escalation',
    name: 'Escalation',
    does: 'An alert that nobody acknowledges in time goes to the next person, and never to the one it is about.',
  },
  {
    id: 'telling',
    name: 'Telling somebody',
    does: 'From any page, the block page and a public page anybody can tell the school something; it reaches whom the policy names, on a clock.',
  },
  {
    id: 'sanctions-menu',
    name: 'Menu of actions',
    does: 'What may follow a judgement is offered from the policy and from nowhere else, with a reason; each action is somebody’s task with a date.',
  },
  {
    id: 'cases',
    name: 'Case file',
    does: 'Concerns are followed up in a case with notes that cannot be overwritten and an outcome.',
  },
  {
    id: 'case-procedure',
    name: 'Procedure of a case',
    does: 'A case goes from report to signed form by one table of steps; what is not in it is refused, and no step is skipped unseen.',
  },
  {
    id: 'case-clocks',
    name: 'Clocks of a case',
    does: 'Each case is timed from report to first action to outcome, and whoever must know hears when one is late.',
  },
  {
    id: 'case-team',
    name: 'Seniors of a case',
    does: 'Nothing is examined or judged without as many seniors as the policy asks for, none of whom the case is about.',
  },
  {
    id: 'designated-computer',
    name: 'Computer set apart',
    does: 'Where a case names a computer, it is examined there and nowhere else; the computer proves itself by a key.',
  },
  {
    id: 'imagery-lock',
    name: 'Stop at suspected abuse images',
    does: 'Once a picture of a child’s abuse is suspected the case stops, and nobody can put a file in or take one out.',
  },
  {
    id: 'evidence-vault',
    name: 'Evidence vault',
    does: 'Evidence is kept encrypted with its hash and an unbroken record of who had it, and goes only by two people.',
  },
  {
    id: 'device-search',
    name: 'Searching of devices',
    does: 'A pupil’s device is searched and kept only by those on a list, on a ground of the policy, step by step on record.',
  },
  {
    id: 'need-to-know',
    name: 'Need to know',
    does: 'Cases and alerts are read only by those whose duty it is, and never by the person concerned.',
  },
  {
    id: 'two-people',
    name: 'Two people',
    does: 'Who runs the system and who leads on safeguarding are different people.',
  },
  {
    id: 'policy-versions',
    name: 'Policy versions',
    does: 'Each version has an author, reviewers, another person as approver, a minute and a date.',
  },
  {
    id: 'clashes',
    name: 'Contradictions',
    does: 'Contradictions inside the policy are found and shown; the stricter rule holds until a decision settles them.',
  },
  {
    id: 'permissions',
    name: 'Permissions and lists',
    does: 'A cell that asks for a list or a permission opens only for those named, for a purpose and until a time.',
  },
  {
    id: 'timetable',
    name: 'Times of the school day',
    does: 'Cells that open at certain times follow the term dates and the timetable.',
  },
  { id: 'device-classes', name: 'Device classes', does: 'What a device may reach follows from whose it is.' },
  {
    id: 'duties',
    name: 'Duty clock',
    does: 'Everything periodic has an owner, a date that nobody can edit, evidence, and somebody who hears when it is late.',
  },
  {
    id: 'registers',
    name: 'Documents and guidance',
    does: 'Linked policies and guidance are listed with their versions and review dates; what is missing or old is flagged.',
  },
  {
    id: 'risk-assessment',
    name: 'Risk assessment',
    does: 'A version that needs a risk assessment in date cannot be approved without one.',
  },
  { id: 'ledger', name: 'Ledger', does: 'Every command leaves an entry in a sealed chain that anybody can verify.' },
];

export const CONTROL_IDS: ReadonlySet<string> = new Set(CONTROLS.map((c) => c.id));
