-- Duties as clocks with evidence (GOV-35). A turn of a duty is written down when it begins, with the duty's words as they
-- stood in the policy then, and nothing of it is ever changed: how it stands follows from the clock and the evidence.

create table duty_occurrence (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  duty text not null,
  -- Which turn it is: `2026-11`, `2026/27 term 1`, or `event …` for one that began with an event.
  key text not null,
  opens_at timestamptz not null,
  -- Null: as soon as possible.
  due_at timestamptz check (due_at >= opens_at),
  -- Term dates were missing, and the dates are ours.
  assumed boolean not null default false,
  policy_number int not null,
  -- The duty as that version of the policy has it.
  terms jsonb not null,
  -- What happened, for a duty that follows an event; ids and plain words, no names.
  about text check (length(about) between 1 and 300),
  opened_by uuid references person,
  unique (school_id, duty, key)
);
create index duty_occurrence_order on duty_occurrence (school_id, duty, opens_at desc);
create index duty_occurrence_due on duty_occurrence (school_id, due_at);

create table duty_evidence (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  occurrence_id uuid not null references duty_occurrence,
  at timestamptz not null,
  -- Null: Gatehouse's own record of what it did.
  by_person uuid references person,
  -- There was nothing to report, and somebody says so.
  nil boolean not null default false,
  text text not null check (length(text) between 1 and 4000),
  -- Where the document, minute or list is kept.
  reference text check (length(reference) between 1 and 300),
  -- What in Gatehouse it is about.
  object_kind text,
  object_id text,
  check (num_nonnulls(object_kind, object_id) in (0, 2))
);
create index duty_evidence_occurrence on duty_evidence (occurrence_id, at);

-- Whom a notice went to, once each; without a recipient it says why nobody could be told.
create table duty_notice (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  occurrence_id uuid not null references duty_occurrence,
  kind text not null check (kind in ('opened', 'soon', 'due', 'late')),
  recipient uuid references person,
  at timestamptz not null,
  mail_id uuid references mail,
  skipped text,
  unique nulls not distinct (occurrence_id, kind, recipient)
);

grant select, insert on duty_occurrence, duty_evidence, duty_notice to gatehouse_app;

-- Read by those who work for the school; pupils, parents and visitors read the policy. Evidence bears the name of whoever
-- is signed in, or none where Gatehouse itself gives it. The context is asked once a query, not once a row: daily duties
-- make many rows.
do $$
declare t text;
begin
  foreach t in array array['duty_occurrence', 'duty_evidence', 'duty_notice'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy own_school on %I for select to gatehouse_app using (school_id = (select gh_school()) and (select gh_system() or gh_has(''{staff,governor}'')))', t);
  end loop;
end $$;
create policy begin_own on duty_occurrence for insert to gatehouse_app
  with check (school_id = gh_school() and (opened_by is null or opened_by = gh_person()));
create policy give_own on duty_evidence for insert to gatehouse_app
  with check (school_id = gh_school() and by_person is not distinct from gh_person());
create policy system_tells on duty_notice for insert to gatehouse_app
  with check (school_id = gh_school() and gh_system());
