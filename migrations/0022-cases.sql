-- The whole procedure of a case (INC-01..33, Part 3a). A case's story is still its entries; what lists, row security and
-- clocks must find without reading the story stands in the row.

alter table case_file rename column assignee to manager;
alter table case_file
  -- What the case is about, as last classified (INC-02).
  add column types text[] not null default '{}',
  add column severity text not null default 'routine' check (severity in ('urgent', 'serious', 'routine')),
  -- People it touches without being about them, and who saw it.
  add column affected uuid[] not null default '{}',
  add column witnesses uuid[] not null default '{}',
  -- Who declared an interest: they read it no more than a person it is about (INC-05).
  add column conflicted uuid[] not null default '{}',
  -- INC-22: a serious allegation against staff is seen by its team and by nobody else.
  add column restricted boolean not null default false,
  -- INC-06: the one computer of its examination, fixed with the first examination.
  add column computer uuid,
  -- EVI-03: an image of a child's abuse is suspected. While true nothing goes into the case but words, and nothing comes out.
  add column imagery boolean not null default false,
  -- INC-27, SAN-01: when the first action and the outcome are due, and how far the clock has been escalated.
  add column first_action_at timestamptz(3),
  add column first_action_due timestamptz(3),
  add column outcome_due timestamptz(3),
  add column escalated int not null default 0;

alter table case_file drop constraint case_file_source_check;
alter table case_file add constraint case_file_source_check check (source in ('alert', 'told', 'logged', 'search'));
alter table case_file add constraint case_file_state_check check (state in
  ('reported', 'triage', 'contain', 'team', 'examine', 'halted', 'judge', 'actions', 'police-hold', 'resolved', 'closed', 'referred-out'));

create index case_file_people on case_file using gin ((subjects || affected || witnesses));
create index case_file_recent on case_file (school_id, opened_at desc);
create index case_file_manager on case_file (manager) where state not in ('closed', 'referred-out');
create index case_file_due on case_file (school_id, outcome_due) where state not in ('closed', 'referred-out');

grant update (types, severity, affected, witnesses, conflicted, restricted, computer, imagery, manager,
  first_action_at, first_action_due, outcome_due, escalated) on case_file to gatehouse_app;

drop policy need_to_know on case_file;
create policy need_to_know on case_file to gatehouse_app
  using (school_id = gh_school() and (gh_system() or (
    ((gh_safeguarding() and not restricted) or gh_person() = any (team))
    and not coalesce(gh_person() = any (subjects), false) and not coalesce(gh_person() = any (conflicted), false))))
  with check (school_id = gh_school());

-- Once the one computer is named in a case it stays that one (INC-06); nobody drops out of whom a case is about, nor out of
-- those with an interest in it (INC-05). What the program forgets the database remembers.
create function gh_case_fixed() returns trigger language plpgsql as $$
begin
  if old.computer is not null and new.computer is distinct from old.computer then
    raise exception 'a case keeps its computer' using errcode = 'check_violation';
  end if;
  if not (new.subjects @> old.subjects) or not (new.conflicted @> old.conflicted) then
    raise exception 'nobody is taken off the people a case is kept from' using errcode = 'check_violation';
  end if;
  if new.team && (new.subjects || new.conflicted) or new.manager = any (new.subjects || new.conflicted) then
    raise exception 'a case is not worked on by those it is kept from' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger fixed before update on case_file for each row execute function gh_case_fixed();

create or replace function gh_case_is_about_me(of_case uuid) returns boolean stable security definer
  language sql set search_path = public
  begin atomic
    select exists (select 1 from case_file c where c.id = of_case and gh_person() = any (c.subjects || c.conflicted));
  end;
create or replace function gh_letter_is_kept_from_me(kind text, of text) returns boolean stable security definer
  language sql set search_path = public
  begin atomic
    select kind = 'alert' and exists (select 1 from alert a left join case_file c on c.id = a.case_id
        where a.id::text = of and (gh_person() = any (a.kept_from) or gh_person() = any (c.subjects || c.conflicted)))
      or kind = 'case' and exists (select 1 from case_file c where c.id::text = of
        and gh_person() = any (c.subjects || c.conflicted));
  end;

-- A step may take the case out of the sight of whoever takes it: an interest declared (INC-05), an allegation restricted
-- (INC-22). Row security lets nobody write a row that they could not read, so these two go through here.
create policy owner_writes on case_file for update to current_user using (true);
create function gh_leave_case(of_case uuid, new_conflicted uuid[], new_team uuid[], new_manager uuid, new_restricted boolean)
  returns void security definer
  language sql set search_path = public
  begin atomic
    update case_file c
    set conflicted = new_conflicted, team = new_team, manager = new_manager, restricted = new_restricted
    where c.id = of_case and c.school_id = gh_school()
      and ((gh_safeguarding() and not c.restricted) or gh_person() = any (c.team))
      and not coalesce(gh_person() = any (c.subjects || c.conflicted), false)
      and (c.restricted <= new_restricted);
  end;
revoke execute on function gh_leave_case from public;
grant execute on function gh_leave_case to gatehouse_app;

-- INC-06: computers set apart for examinations. The key is the computer's own; its digest or public half is all that is here.
create table designated_computer (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  name text not null check (length(name) between 2 and 80),
  place text not null default '',
  public_key bytea not null,
  registered_by uuid not null references person,
  registered_at timestamptz(3) not null,
  retired_by uuid references person,
  retired_at timestamptz(3)
);
alter table case_file add constraint case_file_computer foreign key (computer) references designated_computer;
grant select, insert, update (retired_by, retired_at) on designated_computer to gatehouse_app;
alter table designated_computer enable row level security;
alter table designated_computer force row level security;
create policy own_school on designated_computer to gatehouse_app
  using (school_id = gh_school() and (gh_system() or gh_has('{staff,governor}'))) with check (school_id = gh_school());
