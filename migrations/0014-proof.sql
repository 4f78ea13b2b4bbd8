-- Proof, continuously (FIL-05, FIL-10, FIL-14): what gateways found when they asked themselves. Evidence: rows are added,
-- never changed and never deleted.

-- "Run now": gateways hear of it with their next report.
create table proof_request (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  asked_by uuid not null references person,
  at timestamptz not null
);
create index proof_request_newest on proof_request (school_id, at desc);

create table proof_run (
  -- Made by the gateway, so that a report that comes twice is kept once.
  id uuid primary key,
  school_id uuid not null references school,
  gateway_id uuid not null references gateway,
  why text not null check (why in ('daily', 'change', 'asked')),
  request_id uuid references proof_request,
  begun_at timestamptz not null,
  ended_at timestamptz not null check (ended_at >= begun_at),
  received_at timestamptz not null,
  -- What was obeyed.
  snapshot bigint not null,
  list text not null,
  policy_version text not null,
  policy_number int,
  asked int not null,
  wrong int not null,
  decided int not null,
  unanswered int not null,
  -- How control judged it, and the sentences that say why.
  standing text not null check (standing in ('proved', 'failed', 'urgent')),
  findings jsonb not null
);
create index proof_run_newest on proof_run (school_id, gateway_id, ended_at desc);

create table proof_result (
  run_id uuid not null references proof_run,
  school_id uuid not null references school,
  point text not null check (point in ('dns', 'proxy', 'tunnel')),
  profile text not null,
  proof_set text not null check (proof_set in ('grave', 'closed', 'crisis', 'education')),
  asked int not null check (asked = expected + wrong + decided + unanswered),
  expected int not null check (expected >= 0),
  wrong int not null check (wrong >= 0),
  decided int not null check (decided >= 0),
  unanswered int not null check (unanswered >= 0),
  -- The first hosts that were wrong or not answered, each with the decision's reason.
  misses jsonb not null,
  primary key (run_id, point, profile, proof_set)
);

-- How a gateway's proof stands at this moment: a run under way, and since when people know that none came.
create table proof_state (
  gateway_id uuid primary key references gateway,
  school_id uuid not null references school,
  run uuid,
  done int not null default 0,
  total int not null default 0,
  said_at timestamptz,
  overdue_since timestamptz
);

grant select, insert on proof_request, proof_run, proof_result to gatehouse_app;
grant select, insert, update (run, done, total, said_at, overdue_since) on proof_state to gatehouse_app;

do $$
declare t text;
begin
  foreach t in array array['proof_request', 'proof_run', 'proof_result', 'proof_state'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy own_school on %I to gatehouse_app using (school_id = gh_school() and (select gh_works_here())) with check (school_id = gh_school() and (select gh_works_here()))', t);
  end loop;
  -- What a gateway found is written by no person, and a wish stands under one's own name.
  foreach t in array array['proof_run', 'proof_result', 'proof_state'] loop
    execute format('create policy by_gateways on %I as restrictive for insert to gatehouse_app with check (gh_system())', t);
  end loop;
end $$;
create policy by_the_clock on proof_state as restrictive for update to gatehouse_app using (gh_system());
create policy own_name on proof_request as restrictive for insert to gatehouse_app with check (asked_by = gh_person());
