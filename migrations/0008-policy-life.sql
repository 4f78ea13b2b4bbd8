-- The life of a policy (GOV-01..08, GOV-33, RSK-07): drafts, who changed and signed them, what they rest on, and the
-- versions they became. History and signatures are never changed or deleted; a correction is a new row.

create table policy_draft (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  title text not null check (length(title) between 3 and 200),
  -- What it began from: a version of this school, a shipped document, or a file of the school's own.
  base_version int,
  base_shipped text,
  document jsonb not null,
  state text not null default 'draft' check (state in ('draft', 'consulting', 'consulted', 'approved', 'withdrawn')),
  -- Rises with every change of the document; signatures are given for one number.
  edit int not null default 1,
  -- Open questions that the school has answered for this draft.
  answers jsonb not null default '{}',
  author uuid not null references person,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index policy_draft_school on policy_draft (school_id, updated_at desc);

create table policy_draft_entry (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  draft_id uuid not null references policy_draft,
  at timestamptz not null,
  by_person uuid not null references person,
  action text not null,
  edit int not null,
  -- What changed or why, in words.
  what text not null,
  detail jsonb not null default '{}'
);
create index policy_draft_entry_draft on policy_draft_entry (draft_id, id);

create table policy_review_signature (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  draft_id uuid not null references policy_draft,
  role text not null,
  person_id uuid not null references person,
  edit int not null,
  at timestamptz not null,
  unique (draft_id, role, edit)
);

-- A plain record until assessments have a room of their own.
create table risk_assessment (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  kind text not null check (length(kind) between 3 and 80),
  title text not null check (length(title) between 3 and 200),
  approved_on date not null,
  approved_by text not null check (length(approved_by) between 3 and 120),
  next_review date not null check (next_review > approved_on),
  text text not null,
  added_by uuid not null references person,
  added_at timestamptz not null,
  -- The one that this one takes the place of.
  supersedes uuid unique references risk_assessment
);
create index risk_assessment_school on risk_assessment (school_id, next_review);

-- Versions that were there before drafts had a life came from the set-up.
alter table policy_version
  add column draft_id uuid unique references policy_draft,
  add column label text not null default 'Adopted unreviewed at set-up',
  add column minute text,
  add column risk_assessment_id uuid references risk_assessment;
alter table policy_version alter column label set default '';

-- A version dated ahead that was called off before its day.
create table policy_version_withdrawal (
  version_id uuid primary key references policy_version,
  school_id uuid not null references school,
  at timestamptz not null,
  by_person uuid not null references person,
  reason text not null
);

-- The version that gateways were last told of, so that nobody has to remember the moment at which the next one begins.
create table policy_told (
  school_id uuid primary key references school,
  version_id uuid not null references policy_version,
  at timestamptz not null
);

grant select, insert, update (title, document, state, edit, answers, updated_at) on policy_draft to gatehouse_app;
grant select, insert on policy_draft_entry, policy_review_signature, risk_assessment, policy_version_withdrawal to gatehouse_app;
grant select, insert, update (version_id, at) on policy_told to gatehouse_app;

do $$
declare t text;
begin
  foreach t in array array['policy_draft', 'policy_draft_entry', 'policy_review_signature', 'risk_assessment',
                           'policy_version_withdrawal', 'policy_told'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy own_school on %I to gatehouse_app using (school_id = gh_school()) with check (school_id = gh_school())', t);
  end loop;
end $$;
