-- What follows a judgement (SAN-02..35): the decision, the task that each chosen action becomes, the warning that somebody
-- reads, the letter to a parent. Whom a case is about still sees nothing of it; what they are told is told by rows of their own.

create table sanction (
  id uuid primary key,
  school_id uuid not null references school,
  case_id uuid not null references case_file,
  -- Whose conduct it answers.
  person_id uuid not null references person,
  who text not null check (who in ('pupil', 'staff')),
  -- The row of the policy and the actions of its menu, and how the row was called then.
  type text not null,
  type_name text not null,
  actions text[] not null check (cardinality(actions) > 0),
  -- Two people have decided the same where this is the same. The words stand in the case's entries.
  decision text not null,
  -- SAN-04: by which version of the policy and of which procedure.
  policy_number int not null,
  procedure jsonb not null,
  -- SAN-02: why a second senior has to say the same.
  second_because text check (second_because in ('everything', 'police')),
  proposed_by uuid not null references person,
  proposed_at timestamptz(3) not null,
  agreed_by uuid references person,
  decided_at timestamptz(3),
  overturned_by uuid references person,
  overturned_at timestamptz(3),
  check (agreed_by <> proposed_by),
  check (decided_at is null or (second_because is null) = (agreed_by is null)),
  check (num_nulls(overturned_by, overturned_at) in (0, 2)),
  check (overturned_at >= decided_at)
);
create index sanction_case on sanction (case_id);
create index sanction_person on sanction (person_id) where decided_at is not null;
create unique index sanction_waiting on sanction (case_id, decision) where decided_at is null;

-- A task is all that its person sees of the case, so its text must stand alone.
create table case_task (
  id uuid primary key,
  school_id uuid not null references school,
  case_id uuid not null references case_file,
  sanction_id uuid references sanction,
  kind text not null check (kind ~ '^[a-z][a-z0-9-]{1,59}$'),
  text text not null check (length(text) between 3 and 3000),
  href text,
  -- What the action needs besides: dates, what is taken away, the kind of sanction.
  detail jsonb not null default '{}',
  to_person uuid not null references person,
  given_by uuid references person,
  given_at timestamptz(3) not null,
  due timestamptz(3) not null,
  state text not null check (state in ('given', 'accepted', 'returned', 'paused', 'running', 'finished', 'cancelled')),
  accepted_at timestamptz(3),
  ended_at timestamptz(3),
  ended_by uuid references person
);
create index case_task_person on case_task (to_person, due) where state in ('given', 'accepted', 'returned');
create index case_task_case on case_task (case_id);
create index case_task_running on case_task (school_id) where state = 'running';

create table case_task_event (
  -- In the order of writing.
  id bigint generated always as identity primary key,
  school_id uuid not null references school,
  task_id uuid not null references case_task,
  at timestamptz(3) not null,
  by_person uuid references person,
  action text not null,
  from_state text,
  to_state text not null,
  text text not null default '' check (length(text) <= 10000),
  to_person uuid references person
);
create index case_task_event_task on case_task_event (task_id, id);

-- SAN-32: read and acknowledged by whom it warns.
create table sanction_warning (
  sanction_id uuid primary key references sanction,
  school_id uuid not null references school,
  person_id uuid not null references person,
  text text not null check (length(text) between 3 and 3000),
  given_at timestamptz(3) not null,
  acknowledged_at timestamptz(3),
  withdrawn_at timestamptz(3)
);
create index sanction_warning_person on sanction_warning (person_id);

-- SAN-30: a letter as it went, and what came back.
create table parent_letter (
  id uuid primary key,
  school_id uuid not null references school,
  case_id uuid not null references case_file,
  child_id uuid not null references person,
  -- Null: nobody linked with the child has an account, and it goes on paper.
  parent_id uuid references person,
  template text not null,
  title text not null check (length(title) between 3 and 200),
  body text not null check (length(body) between 20 and 10000),
  sha256 bytea not null check (length(sha256) = 32),
  way text not null check (way in ('page', 'paper')),
  sent_by uuid not null references person,
  sent_at timestamptz(3) not null,
  read_at timestamptz(3),
  check (way = 'paper' or parent_id is not null)
);
create index parent_letter_case on parent_letter (case_id);
create index parent_letter_parent on parent_letter (parent_id, sent_at desc);
create table parent_letter_reply (
  id uuid primary key,
  school_id uuid not null references school,
  letter_id uuid not null references parent_letter,
  by_person uuid not null references person,
  at timestamptz(3) not null,
  text text not null check (length(text) between 2 and 10000)
);
create index parent_letter_reply_letter on parent_letter_reply (letter_id);

-- SAN-26: who heads a year.
create table year_head (
  id uuid primary key,
  school_id uuid not null references school,
  year_group int not null check (year_group between 0 and 14),
  person_id uuid not null references person,
  named_by uuid not null references person,
  from_at timestamptz(3) not null,
  ended_at timestamptz(3) check (ended_at >= from_at)
);
create unique index year_head_now on year_head (school_id, year_group) where ended_at is null;

grant select, insert on sanction, case_task, case_task_event, sanction_warning, parent_letter, parent_letter_reply, year_head to gatehouse_app;
grant update (agreed_by, decided_at, overturned_by, overturned_at) on sanction to gatehouse_app;
grant update (to_person, state, accepted_at, ended_at, ended_by, due, detail) on case_task to gatehouse_app;
grant update (acknowledged_at, withdrawn_at) on sanction_warning to gatehouse_app;
grant update (read_at) on parent_letter to gatehouse_app;
grant update (ended_at) on year_head to gatehouse_app;

do $$
declare t text;
begin
  foreach t in array array['sanction', 'case_task', 'case_task_event', 'sanction_warning', 'parent_letter', 'parent_letter_reply', 'year_head'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
  end loop;
end $$;

create policy with_case on sanction to gatehouse_app
  using (school_id = gh_school() and exists (select 1 from case_file c where c.id = case_id))
  with check (school_id = gh_school() and exists (select 1 from case_file c where c.id = case_id));
create policy own_name on sanction as restrictive for insert to gatehouse_app
  with check (proposed_by = gh_person() and agreed_by is null and overturned_at is null);

-- Whose task it is reads the task and no more; whom the case is about never reads one, not even one that names them.
create policy with_case on case_task to gatehouse_app
  using (school_id = gh_school() and (gh_system() or exists (select 1 from case_file c where c.id = case_id)
    or to_person = gh_person() and not coalesce(gh_case_is_about_me(case_id), false)))
  with check (school_id = gh_school());
create policy given_with_case on case_task as restrictive for insert to gatehouse_app
  with check (gh_system() or exists (select 1 from case_file c where c.id = case_id));
create policy with_task on case_task_event to gatehouse_app
  using (school_id = gh_school() and exists (select 1 from case_task t where t.id = task_id))
  with check (school_id = gh_school() and exists (select 1 from case_task t where t.id = task_id));
create policy own_name on case_task_event as restrictive for insert to gatehouse_app
  with check (by_person = gh_person() or by_person is null);

create policy with_case on sanction_warning to gatehouse_app
  using (school_id = gh_school() and (person_id = gh_person() or exists (select 1 from sanction s where s.id = sanction_id)))
  with check (school_id = gh_school());
create policy given_with_case on sanction_warning as restrictive for insert to gatehouse_app
  with check (exists (select 1 from sanction s where s.id = sanction_id));

create policy with_case on parent_letter to gatehouse_app
  using (school_id = gh_school() and (parent_id = gh_person() or exists (select 1 from case_file c where c.id = case_id)))
  with check (school_id = gh_school());
create policy sent_with_case on parent_letter as restrictive for insert to gatehouse_app
  with check (sent_by = gh_person() and exists (select 1 from case_file c where c.id = case_id));
create policy with_letter on parent_letter_reply to gatehouse_app
  using (school_id = gh_school() and exists (select 1 from parent_letter l where l.id = letter_id))
  with check (school_id = gh_school() and by_person = gh_person() and exists (select 1 from parent_letter l where l.id = letter_id));
-- Whoever writes to parents about a child must see who they are (SAN-30).
create policy with_case on parent_link for select to gatehouse_app
  using (school_id = gh_school() and exists (select 1 from case_file c where child_id = any (c.subjects || c.affected)));

create policy own_school on year_head to gatehouse_app
  using (school_id = gh_school() and (gh_system() or gh_has('{staff,governor}')))
  with check (school_id = gh_school() and gh_has('{administrator,head,dsl,centre-lead}'));

-- What was decided stays decided; a task keeps to its case and its end; a warning is acknowledged once, and by whom it warns.
create function gh_sanction_fixed() returns trigger language plpgsql as $$
begin
  if old.decided_at is not null and (new.decided_at, new.agreed_by) is distinct from (old.decided_at, old.agreed_by)
    or old.overturned_at is not null and new.overturned_at is distinct from old.overturned_at then
    raise exception 'what was decided stays' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger fixed before update on sanction for each row execute function gh_sanction_fixed();
create function gh_task_fixed() returns trigger language plpgsql as $$
begin
  if old.state in ('finished', 'cancelled') then
    raise exception 'a task that has ended stays so' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger fixed before update on case_task for each row execute function gh_task_fixed();
create function gh_warning_fixed() returns trigger language plpgsql as $$
begin
  if old.acknowledged_at is not null and new.acknowledged_at is distinct from old.acknowledged_at
    or new.acknowledged_at is distinct from old.acknowledged_at and gh_person() is distinct from old.person_id then
    raise exception 'a warning is acknowledged once, by whom it warns' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger fixed before update on sanction_warning for each row execute function gh_warning_fixed();

-- SAN-32: whoever acknowledges a warning ends the task that waits for it, which they must not see.
create function gh_warning_read(of_sanction uuid, read_at timestamptz) returns uuid security definer
  language plpgsql set search_path = public as $$
declare task uuid;
begin
  update sanction_warning w set acknowledged_at = read_at
    where w.sanction_id = of_sanction and w.school_id = gh_school() and w.person_id = gh_person()
      and w.acknowledged_at is null and w.withdrawn_at is null;
  if not found then return null; end if;
  select t.id into task from case_task t
    where t.sanction_id = of_sanction and t.kind = 'warning' and t.state in ('given', 'accepted', 'returned', 'paused') for update;
  if found then
    insert into case_task_event (school_id, task_id, at, by_person, action, from_state, to_state, text)
      select t.school_id, t.id, read_at, null, 'read', t.state, 'finished', '' from case_task t where t.id = task;
    update case_task t set state = 'finished', ended_at = read_at where t.id = task;
  end if;
  return of_sanction;
end $$;
create policy owner_acts on sanction_warning to current_user using (true) with check (true);
create policy owner_acts on case_task to current_user using (true) with check (true);
create policy owner_acts on case_task_event to current_user using (true) with check (true);

-- Whether the police have the case, or it is halted: what its tasks must know without reading it.
create function gh_task_frozen(of_task uuid) returns boolean stable security definer
  language sql set search_path = public
  begin atomic
    select exists (select 1 from case_task t join case_file c on c.id = t.case_id
      where t.id = of_task and t.school_id = gh_school() and c.state in ('halted', 'police-hold'));
  end;

-- SAN-15, SAN-24: in how many other cases conduct of this person was proven and still stands. A number for whoever decides
-- about this person in this case, and for nobody else; restricted cases count only for those who may read them (INC-22).
create function gh_proven_before(of_person uuid, in_case uuid) returns int stable security definer
  language sql set search_path = public
  begin atomic
    select count(*)::int from case_file c
    where c.school_id = gh_school() and c.id <> in_case and of_person = any (c.subjects)
      and (not c.restricted or gh_person() = any (c.team)) and not gh_person() = any (c.subjects || c.conflicted)
      and exists (select 1 from case_file t where t.id = in_case and t.school_id = gh_school() and of_person = any (t.subjects)
        and ((gh_safeguarding() and not t.restricted) or gh_person() = any (t.team))
        and not gh_person() = any (t.subjects || t.conflicted))
      and (select e.to_state from case_entry e
        where e.case_id = c.id and e.action = 'judge' and e.from_state <> e.to_state
        order by e.at desc, e.id desc limit 1) = 'actions'
      and not exists (select 1 from sanction s where s.case_id = c.id and s.person_id = of_person and s.overturned_at is not null
        and not exists (select 1 from sanction o where o.case_id = c.id and o.person_id = of_person
          and o.decided_at is not null and o.overturned_at is null));
  end;
create policy owner_counts on sanction for select to current_user using (true);
create policy owner_counts on case_entry for select to current_user using (true);
revoke execute on function gh_warning_read, gh_task_frozen, gh_proven_before from public;
grant execute on function gh_warning_read, gh_task_frozen, gh_proven_before to gatehouse_app;
