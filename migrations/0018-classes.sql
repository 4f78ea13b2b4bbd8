-- Who teaches which class, and who looked at a class while it used the web (MON-10). Minutes of a day that are used up
-- (SOC-18), and alerts about getting round the filter (FCR-06).

-- A class is the form or group that stands with its pupils.
create table class_teacher (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  group_name text not null check (length(group_name) between 1 and 60),
  person_id uuid not null references person,
  from_at timestamptz not null,
  given_by uuid references person,
  ended_at timestamptz check (ended_at >= from_at),
  ended_by uuid references person
);
create unique index class_teacher_now on class_teacher (school_id, group_name, person_id) where ended_at is null;
create index class_teacher_person on class_teacher (person_id) where ended_at is null;

-- One look at a class: from its opening until it was closed, or last seen.
create table class_view (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  group_name text not null check (length(group_name) between 1 and 60),
  by_person uuid not null references person,
  -- 'teacher' for one of their own; else the role by which somebody looked, who then gave a reason.
  as_role text not null,
  reason text check (length(reason) between 10 and 500),
  -- Who was in the class then: what was shown, and who may know of it.
  pupils uuid[] not null,
  opened_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > opened_at),
  seen_at timestamptz not null,
  closed_at timestamptz check (closed_at >= opened_at),
  check (as_role = 'teacher' or reason is not null)
);
create index class_view_open on class_view (by_person) where closed_at is null;
create index class_view_time on class_view (school_id, opened_at desc);
create index class_view_pupils on class_view using gin (pupils);

-- Whose minutes of a day are over, under which rule of the policy.
create table quota_used (
  school_id uuid not null references school,
  person_id uuid not null references person,
  rule text not null,
  from_at timestamptz not null,
  until_at timestamptz not null check (until_at > from_at),
  primary key (person_id, rule, until_at)
);

grant select, insert, update (ended_at, ended_by) on class_teacher to gatehouse_app;
grant select, insert, update (seen_at, closed_at) on class_view to gatehouse_app;
grant select, insert, delete on quota_used to gatehouse_app;

do $$
declare t text;
begin
  foreach t in array array['class_teacher', 'class_view', 'quota_used'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
  end loop;
end $$;

-- Whoever works here may know who teaches whom; those who keep the accounts write it down.
create policy own_school on class_teacher to gatehouse_app
  using (school_id = gh_school() and (gh_system() or gh_has('{staff,governor,administrator}')))
  with check (school_id = gh_school() and (gh_system() or gh_has('{administrator,ict-manager}')));

-- A look is for the one who looks and for those who keep children safe, and it stands under its own name.
create policy for_safeguarding on class_view to gatehouse_app
  using (school_id = gh_school() and (gh_system() or gh_safeguarding() or by_person = gh_person()))
  with check (school_id = gh_school() and (gh_system() or gh_has('{staff}')));
create policy own_name on class_view as restrictive for insert to gatehouse_app with check (by_person = gh_person());
create policy owner_reads on class_view for select to current_user using (true);

create policy own_school on quota_used to gatehouse_app using (school_id = gh_school()) with check (school_id = gh_school());
create policy by_the_clock on quota_used as restrictive for insert to gatehouse_app with check (gh_system());
create policy by_the_clock_too on quota_used as restrictive for delete to gatehouse_app using (gh_system());

-- When somebody looked at the class of whoever asks, and by which role; not who, nor why.
create function gh_looks_at_me(since timestamptz) returns table (opened_at timestamptz, closed_at timestamptz, as_role text)
  stable security definer language sql set search_path = public as $$
  select opened_at, closed_at, as_role from class_view
  where school_id = gh_school() and gh_person() = any (pupils) and opened_at >= since order by opened_at desc limit 50
$$;
revoke execute on function gh_looks_at_me from public;
grant execute on function gh_looks_at_me to gatehouse_app;

-- Whoever has a look open reads the activity of that class. Not what a child seeks for their body or mind, nor where they
-- look for help: a teacher at the front of the room is the last who may see it there, and a child who knew they would
-- would not ask. What must be acted on reaches the safeguarding lead as an alert. src/capabilities/monitoring/class-view
-- names the same categories.
create function gh_looked_at() returns uuid[] stable language sql
  return (select coalesce(array_agg(distinct p), '{}') from class_view v, unnest(v.pupils) as p
          where v.school_id = gh_school() and v.by_person = gh_person() and v.closed_at is null);
create policy class_in_view on activity for select to gatehouse_app
  using (school_id = (select gh_school()) and person_id = any ((select gh_looked_at())::uuid[])
    and (category is null or category not in ('help', 'health', 'sexual-health', 'self-harm', 'eating-disorders')));

alter table alert drop constraint alert_detector_check;
alter table alert add constraint alert_detector_check check (detector in ('grave', 'repeated', 'bypass', 'told', 'health'));
