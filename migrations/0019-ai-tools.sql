-- The register of AI tools (AIG-01) and their assessments (AIG-05). Nothing in it is ever changed: where a tool stands is
-- its last step, for whom it is open are the openings of the step that approved it.

create table ai_tool (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  reference text not null check (reference ~ '^AI-[A-HJ-NP-Z2-9]{6}$'),
  name text not null check (length(name) between 2 and 100),
  provider text not null check (length(provider) between 2 and 100),
  hosts text[] not null check (cardinality(hosts) between 1 and 30),
  purpose text not null check (length(purpose) <= 2000),
  -- Profiles of the policy that whoever proposed it has in mind.
  wanted_for text[] not null check (cardinality(wanted_for) <= 40),
  proposed_by uuid not null references person,
  created_at timestamptz not null,
  unique (school_id, reference)
);

create table ai_tool_assessment (
  id uuid primary key default uuidv7(),
  tool_id uuid not null references ai_tool,
  school_id uuid not null references school,
  author uuid not null references person,
  at timestamptz not null,
  -- Exactly what was assessed, and so exactly what an approval opens.
  hosts text[] not null check (cardinality(hosts) between 1 and 30),
  personal_data text not null check (length(personal_data) <= 2000),
  -- The youngest age of the provider's terms; null: they name none.
  age_limit int check (age_limit between 0 and 21),
  hazards text not null check (length(hazards) <= 4000),
  measures text not null check (length(measures) <= 4000),
  review_on date not null
);

create table ai_tool_step (
  tool_id uuid not null references ai_tool,
  number int not null,
  school_id uuid not null references school,
  action text not null,
  to_state text not null check (to_state in ('proposed', 'assessed', 'approved', 'review-due', 'refused', 'closed', 'withdrawn')),
  -- Null: the clock.
  by_person uuid references person,
  at timestamptz not null,
  reason text check (length(reason) between 1 and 2000),
  -- The assessment that was made, approved or refused.
  assessment_id uuid references ai_tool_assessment,
  primary key (tool_id, number)
);

create table ai_tool_opening (
  tool_id uuid not null,
  number int not null,
  school_id uuid not null references school,
  profile text not null check (length(profile) <= 80),
  status text not null check (status in ('trial', 'approved')),
  until_at timestamptz not null,
  primary key (tool_id, number, profile),
  foreign key (tool_id, number) references ai_tool_step
);

-- AI sites that were asked for, by day: counts, nobody's name.
create table ai_host_seen (
  school_id uuid not null references school,
  day date not null,
  host text not null check (length(host) <= 253),
  requests bigint not null,
  stopped bigint not null,
  primary key (school_id, day, host)
);

-- AIG-05: whatever program writes it, nobody approves what they assessed or proposed, and only what was assessed last.
create function gh_ai_tool_step_sound() returns trigger language plpgsql as $$
declare
  latest ai_tool_assessment;
begin
  if new.action = 'approve' then
    select * into latest from ai_tool_assessment a where a.tool_id = new.tool_id order by a.at desc, a.id desc limit 1;
    if latest.id is null or new.assessment_id is distinct from latest.id then
      raise exception 'only the latest assessment is approved' using errcode = 'check_violation';
    end if;
    if new.by_person is null or new.by_person = latest.author
       or new.by_person = (select proposed_by from ai_tool where id = new.tool_id) then
      raise exception 'nobody approves what they assessed or proposed' using errcode = 'check_violation';
    end if;
  end if;
  return new;
end $$;
create trigger sound before insert on ai_tool_step for each row execute function gh_ai_tool_step_sound();

create function gh_ai_tool_opening_sound() returns trigger language plpgsql as $$
declare
  step ai_tool_step;
begin
  select * into step from ai_tool_step where tool_id = new.tool_id and number = new.number;
  if step.action <> 'approve' or new.until_at <= step.at
     or new.until_at > (select review_on + 2 from ai_tool_assessment where id = step.assessment_id) then
    raise exception 'an AI tool is open by an approval, and no longer than to its review' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger sound before insert on ai_tool_opening for each row execute function gh_ai_tool_opening_sound();

grant select, insert on ai_tool, ai_tool_assessment, ai_tool_step, ai_tool_opening to gatehouse_app;
grant select, insert, update (requests, stopped), delete on ai_host_seen to gatehouse_app;

-- Pupils and parents read a plain list that control makes for them; what colleagues wrote is for those who work here.
do $$
declare t text;
begin
  foreach t in array array['ai_tool', 'ai_tool_assessment', 'ai_tool_step', 'ai_tool_opening', 'ai_host_seen'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy own_school on %I to gatehouse_app using (school_id = gh_school() and (select gh_works_here())) with check (school_id = gh_school() and (select gh_works_here()))', t);
  end loop;
end $$;

-- What somebody did stands under their own name; the clock's steps and the counts are the system's.
create policy own_name on ai_tool as restrictive for insert to gatehouse_app with check (proposed_by = gh_person());
create policy own_name on ai_tool_assessment as restrictive for insert to gatehouse_app with check (author = gh_person());
create policy own_name on ai_tool_step as restrictive for insert to gatehouse_app
  with check (by_person = gh_person() or (by_person is null and gh_system()));
create policy by_the_clock on ai_host_seen as restrictive for insert to gatehouse_app with check (gh_system());
