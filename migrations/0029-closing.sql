-- How a case ends: the form that is fixed with each closing (INC-20), how long it is kept and how it goes (EVI-10), what is
-- learned from it, who is told that it was dealt with, the summary of a term (SAN-03), and what classes are taught about
-- bullying online (CYB-03, CYB-05..07).

-- When two people disposed of the case: number and days stay, words and people are gone.
alter table case_file add column disposed_at timestamptz(3);

create table case_form (
  id uuid primary key,
  school_id uuid not null references school,
  case_id uuid not null references case_file,
  -- One for each closing.
  number int not null check (number > 0),
  at timestamptz(3) not null,
  by_person uuid references person,
  -- INC-25: the version of the policy by which the case was managed.
  policy_number int,
  -- Null: the policy of then said nothing of cases, and nothing is disposed of.
  keep_until timestamptz(3),
  html_sha256 bytea not null check (length(html_sha256) = 32),
  pdf_sha256 bytea not null check (length(pdf_sha256) = 32),
  unique (case_id, number)
);
create table case_form_file (
  form_id uuid not null references case_form,
  format text not null check (format in ('html', 'pdf')),
  school_id uuid not null references school,
  bytes bytea not null,
  primary key (form_id, format)
);

-- The first of two says why it goes, the second agrees or refuses.
create table case_disposal (
  id uuid primary key,
  school_id uuid not null references school,
  case_id uuid not null references case_file,
  reason text not null check (length(reason) between 10 and 2000),
  by_person uuid not null references person,
  at timestamptz(3) not null
);
create index case_disposal_case on case_disposal (case_id);
create table case_disposal_answer (
  disposal_id uuid primary key references case_disposal,
  school_id uuid not null references school,
  agreed boolean not null,
  reason text not null default '' check (length(reason) <= 2000),
  by_person uuid not null references person,
  at timestamptz(3) not null
);

-- What a closed case taught, as a task. Its owner sees it and no more of the case, so its text must stand alone.
create table case_follow_up (
  id uuid primary key,
  school_id uuid not null references school,
  case_id uuid not null references case_file,
  kind text not null check (kind in ('filter', 'curriculum', 'risk', 'training')),
  text text not null check (length(text) between 3 and 3000),
  owner uuid not null references person,
  due date not null,
  given_by uuid not null references person,
  given_at timestamptz(3) not null,
  done_at timestamptz(3),
  done_by uuid references person,
  done_text text check (length(done_text) between 3 and 3000),
  check (num_nulls(done_at, done_by, done_text) in (0, 3))
);
create index case_follow_up_case on case_follow_up (case_id);
create index case_follow_up_owner on case_follow_up (owner, due) where done_at is null;

-- SAN-03: whoever logged it, and the parents of whoever was hurt, learn that it was dealt with; nothing of how, and no names.
create table case_notice (
  id uuid primary key,
  school_id uuid not null references school,
  case_id uuid not null references case_file,
  to_person uuid not null references person,
  as_part text not null check (as_part in ('reporter', 'parent')),
  text text not null check (length(text) between 10 and 3000),
  at timestamptz(3) not null,
  read_at timestamptz(3)
);
create index case_notice_person on case_notice (to_person, at desc);
create index case_notice_case on case_notice (case_id);

-- SAN-03: what was published of a term, as it was then. Numbers below five are not in it at all.
create table case_summary (
  id uuid primary key,
  school_id uuid not null references school,
  term text not null check (length(term) between 1 and 80),
  from_on date not null,
  to_on date not null check (to_on > from_on),
  figures jsonb not null,
  published_by uuid not null references person,
  published_at timestamptz(3) not null
);
create index case_summary_latest on case_summary (school_id, from_on, published_at desc);

-- CYB-03, CYB-05, CYB-06, CYB-07: what a class or a year was taught about bullying online, and when.
create table bullying_lesson (
  id uuid primary key,
  school_id uuid not null references school,
  topics text[] not null check (cardinality(topics) > 0 and topics <@ '{what,why,forms,consequences}'),
  setting text not null check (setting in ('year', 'tutor', 'lesson')),
  year_group int check (year_group between 0 and 14),
  group_name text check (length(group_name) between 1 and 80),
  subject text check (length(subject) between 2 and 80),
  on_day date not null,
  by_person uuid not null references person,
  at timestamptz(3) not null,
  ended_by uuid references person,
  ended_at timestamptz(3),
  check (num_nulls(ended_by, ended_at) in (0, 2)),
  check (case setting when 'year' then year_group is not null and group_name is null else group_name is not null end),
  check ((subject is not null) = (setting = 'lesson'))
);
create index bullying_lesson_day on bullying_lesson (school_id, on_day);

grant select, insert on case_form, case_form_file, case_disposal, case_disposal_answer, case_follow_up, case_notice, case_summary, bullying_lesson
  to gatehouse_app;
grant update (done_at, done_by, done_text) on case_follow_up to gatehouse_app;
grant update (read_at) on case_notice to gatehouse_app;
grant update (ended_by, ended_at) on bullying_lesson to gatehouse_app;

do $$
declare t text;
begin
  foreach t in array array['case_form', 'case_form_file', 'case_disposal', 'case_disposal_answer', 'case_follow_up', 'case_notice',
      'case_summary', 'bullying_lesson'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
  end loop;
  foreach t in array array['case_form', 'case_disposal'] loop
    execute format('create policy with_case on %I to gatehouse_app
      using (school_id = gh_school() and exists (select 1 from case_file c where c.id = case_id))
      with check (school_id = gh_school() and by_person = gh_person() and exists (select 1 from case_file c where c.id = case_id))', t);
  end loop;
end $$;
create policy with_form on case_form_file to gatehouse_app
  using (school_id = gh_school() and exists (select 1 from case_form f where f.id = form_id))
  with check (school_id = gh_school() and exists (select 1 from case_form f where f.id = form_id));
create policy with_disposal on case_disposal_answer to gatehouse_app
  using (school_id = gh_school() and exists (select 1 from case_disposal d where d.id = disposal_id))
  with check (school_id = gh_school() and by_person = gh_person() and exists (select 1 from case_disposal d where d.id = disposal_id));

create policy with_case on case_follow_up to gatehouse_app
  using (school_id = gh_school() and (gh_system() or exists (select 1 from case_file c where c.id = case_id)
    or owner = gh_person() and not coalesce(gh_case_is_about_me(case_id), false)))
  with check (school_id = gh_school() and (done_by is null or done_by = gh_person()));
create policy given_with_case on case_follow_up as restrictive for insert to gatehouse_app
  with check (given_by = gh_person() and done_at is null and exists (select 1 from case_file c where c.id = case_id));

create policy with_case on case_notice to gatehouse_app
  using (school_id = gh_school() and (exists (select 1 from case_file c where c.id = case_id)
    or to_person = gh_person() and not coalesce(gh_case_is_about_me(case_id), false)))
  with check (school_id = gh_school());
create policy told_with_case on case_notice as restrictive for insert to gatehouse_app
  with check (read_at is null and exists (select 1 from case_file c where c.id = case_id));
create policy read_by_its_reader on case_notice as restrictive for update to gatehouse_app using (to_person = gh_person());

create policy own_school on case_summary to gatehouse_app using (school_id = gh_school())
  with check (school_id = gh_school() and published_by = gh_person() and gh_safeguarding());
create policy own_school on bullying_lesson to gatehouse_app
  using (school_id = gh_school() and (gh_system() or gh_has('{staff,governor}')))
  with check (school_id = gh_school() and gh_has('{staff}'));
create policy own_name on bullying_lesson as restrictive for insert to gatehouse_app with check (by_person = gh_person() and ended_at is null);

-- INC-20: a form belongs to a closing, follows the one before it, and its files are what its hashes say.
create function gh_case_form_sound() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from case_file c where c.id = new.case_id and c.state = 'closed')
    or new.number <> 1 + coalesce((select max(f.number) from case_form f where f.case_id = new.case_id), 0) then
    raise exception 'a form is made with a closing' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger sound before insert on case_form for each row execute function gh_case_form_sound();
create function gh_case_form_file_sound() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from case_form f where f.id = new.form_id
      and sha256(new.bytes) = case new.format when 'html' then f.html_sha256 else f.pdf_sha256 end) then
    raise exception 'this is not the form that was signed' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger sound before insert on case_form_file for each row execute function gh_case_form_file_sound();

-- INC-20, EVI-10: a form changes never, and goes only with its case; whoever asks, by whatever program.
create function gh_case_form_fixed() returns trigger language plpgsql set search_path = public as $$
declare of_case uuid;
begin
  if tg_table_name = 'case_form' then of_case := old.case_id;
  else select f.case_id into of_case from case_form f where f.id = old.form_id; end if;
  if not exists (select 1 from case_file c where c.id = of_case and c.disposed_at is not null)
    or tg_op = 'DELETE' and tg_table_name = 'case_form' then
    raise exception 'the form of a closed case is kept until its time is over and two people dispose of it' using errcode = 'check_violation';
  end if;
  return case tg_op when 'DELETE' then old else new end;
end $$;
create trigger fixed before update or delete on case_form for each row execute function gh_case_form_fixed();
create trigger fixed before update or delete on case_form_file for each row execute function gh_case_form_fixed();

-- What a case must have before it may go, however it is asked: its time over, nothing held, nothing left in the vault, two people.
create function gh_case_disposal_sound() returns trigger security definer language plpgsql set search_path = public as $$
begin
  if old.disposed_at is not null then
    raise exception 'this case was disposed of' using errcode = 'check_violation';
  end if;
  if new.disposed_at is null then return new; end if;
  if not exists (select 1 from case_disposal d join case_disposal_answer a on a.disposal_id = d.id
      where d.case_id = old.id and a.agreed and a.by_person <> d.by_person
        and not (array[a.by_person, d.by_person] && (old.subjects || old.conflicted))) then
    raise exception 'this takes two people' using errcode = 'check_violation';
  end if;
  if old.state <> 'closed' or not exists (select 1 from case_form f where f.case_id = old.id)
    or exists (select 1 from case_form f where f.case_id = old.id and (f.keep_until is null or f.keep_until > new.disposed_at)) then
    raise exception 'this case is kept longer' using errcode = 'check_violation';
  end if;
  if gh_evidence_closed(old.id)
    or exists (select 1 from evidence_hold h left join evidence_hold_end x on x.hold_id = h.id where h.case_id = old.id and x.hold_id is null)
    or exists (select 1 from evidence_item i where i.case_id = old.id and not exists (
      select 1 from evidence_event e where e.item_id = i.id and e.action in ('dispose', 'destroy'))) then
    raise exception 'something of this case is held, or still in the vault' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger disposal before update on case_file for each row
  when (old.disposed_at is not null or new.disposed_at is not null) execute function gh_case_disposal_sound();

create or replace function gh_case_fixed() returns trigger language plpgsql as $$
begin
  -- The trigger `disposal` has judged it.
  if new.disposed_at is not null then return new; end if;
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

-- EVI-10: the second of two carries it out. What stays: number, days, states, hashes, and who disposed of it and why.
create function gh_dispose_case(of_disposal uuid, at_time timestamptz) returns void security definer
  language plpgsql set search_path = public as $$
declare of_case uuid;
begin
  select d.case_id into of_case from case_disposal d join case_disposal_answer a on a.disposal_id = d.id
    where d.id = of_disposal and d.school_id = gh_school() and a.agreed and a.by_person = gh_person();
  if not found then
    raise exception 'this takes two people' using errcode = 'check_violation';
  end if;
  update case_file c set disposed_at = at_time, title = 'Disposed of', category = null, subjects = '{}', affected = '{}',
      witnesses = '{}', conflicted = '{}', team = '{}', manager = null, opened_by = null, closed_by = null, computer = null
    where c.id = of_case;
  update case_entry e set text = '', detail = '{}', by_person = null where e.case_id = of_case;
  delete from case_form_file f using case_form o where o.id = f.form_id and o.case_id = of_case;
  update case_form f set by_person = null where f.case_id = of_case;
  delete from case_notice n where n.case_id = of_case;
  delete from case_follow_up f where f.case_id = of_case;
  delete from case_reading r where r.case_id = of_case;
  delete from case_visit v where v.case_id = of_case;
  delete from case_access a where a.case_id = of_case;
  delete from parent_letter_reply r using parent_letter l where l.id = r.letter_id and l.case_id = of_case;
  delete from parent_letter l where l.case_id = of_case;
  delete from sanction_warning w using sanction s where s.id = w.sanction_id and s.case_id = of_case;
  delete from case_task_event e using case_task t where t.id = e.task_id and t.case_id = of_case;
  delete from case_task t where t.case_id = of_case;
  delete from sanction s where s.case_id = of_case;
end $$;
revoke execute on function gh_dispose_case from public;
grant execute on function gh_dispose_case to gatehouse_app;

create function gh_case_disposal_answer_sound() returns trigger language plpgsql as $$
begin
  if exists (select 1 from case_disposal d where d.id = new.disposal_id and d.by_person = new.by_person) then
    raise exception 'this takes two people' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger sound before insert on case_disposal_answer for each row execute function gh_case_disposal_answer_sound();

-- What was done is done, and said once.
create function gh_case_follow_up_fixed() returns trigger language plpgsql as $$
begin
  if old.done_at is not null then
    raise exception 'this was done' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger fixed before update on case_follow_up for each row execute function gh_case_follow_up_fixed();

-- For the functions above, which act past row security.
create policy owner_acts on case_form to current_user using (true) with check (true);
create policy owner_acts on case_form_file to current_user using (true);
create policy owner_acts on case_disposal for select to current_user using (true);
create policy owner_acts on case_disposal_answer for select to current_user using (true);
create policy owner_acts on case_follow_up to current_user using (true);
create policy owner_acts on case_notice to current_user using (true);
create policy owner_disposes on case_entry for update to current_user using (true) with check (true);
do $$
declare t text;
begin
  foreach t in array array['case_reading', 'case_visit', 'case_access', 'parent_letter_reply', 'parent_letter', 'sanction_warning',
      'case_task_event', 'case_task', 'sanction'] loop
    execute format('create policy owner_disposes on %I for delete to current_user using (true)', t);
    execute format('create policy owner_finds on %I for select to current_user using (true)', t);
  end loop;
end $$;
create policy owner_reads on evidence_hold for select to current_user using (true);
create policy owner_reads on evidence_hold_end for select to current_user using (true);
