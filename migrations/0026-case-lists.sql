-- Lists, search and clocks of many cases (50,000 with 500,000 entries), and who looked at one.

-- Who somebody is does not change within a statement: as sub-queries these are asked for once, not once a row. The rule
-- itself is that of migrations/0022.
drop policy need_to_know on case_file;
create policy need_to_know on case_file to gatehouse_app
  using (school_id = (select gh_school()) and ((select gh_system()) or (
    (((select gh_safeguarding()) and not restricted) or (select gh_person()) = any (team))
    and not coalesce((select gh_person()) = any (subjects), false)
    and not coalesce((select gh_person()) = any (conflicted), false))))
  with check (school_id = (select gh_school()));

drop policy with_case on case_entry;
create policy with_case on case_entry to gatehouse_app
  using (school_id = (select gh_school()) and exists (select 1 from case_file c where c.id = case_id))
  with check (school_id = (select gh_school()) and (action = 'report' or exists (select 1 from case_file c where c.id = case_id)));

-- Lists are read page by page in the order of what presses: urgent before the rest, ended last, newest first.
alter table case_file add column pressing smallint not null generated always as
  (case when state in ('closed', 'referred-out') then 0 when urgency = 'urgent' then 2 else 1 end) stored;
create index case_file_pressing on case_file (school_id, pressing desc, opened_at desc, id desc);

create index case_file_reports on case_file (opened_by, opened_at desc) where source = 'logged';
create index case_entry_words on case_entry using gin (to_tsvector('english', text));

-- An index over words or people is of no use behind row security, since its operators might tell of rows that are not to be
-- seen. So candidates are found here; whoever asks joins them to case_file, where row security says which of them exist.
create policy owner_reads on case_entry for select to current_user using (true);
create function gh_cases_found(words text, people uuid[]) returns setof uuid stable security definer
  language sql set search_path = public
  begin atomic
    select e.case_id from case_entry e
    where e.school_id = gh_school() and to_tsvector('english', e.text) @@ websearch_to_tsquery('english', words)
    union
    select c.id from case_file c
    where c.school_id = gh_school() and (c.subjects || c.affected || c.witnesses) && people;
  end;
revoke execute on function gh_cases_found from public;
grant execute on function gh_cases_found to gatehouse_app;

-- Who opened, printed or exported a case, once an hour each; its ledger entry is written with it.
create table case_reading (
  school_id uuid not null references school,
  case_id uuid not null references case_file,
  person_id uuid not null references person,
  how text not null check (how in ('opened', 'printed', 'exported')),
  hour timestamptz(3) not null,
  primary key (case_id, person_id, how, hour)
);
grant select, insert on case_reading to gatehouse_app;
alter table case_reading enable row level security;
alter table case_reading force row level security;
create policy with_case on case_reading to gatehouse_app
  using (school_id = (select gh_school()) and exists (select 1 from case_file c where c.id = case_id))
  with check (school_id = (select gh_school()) and person_id = (select gh_person())
    and exists (select 1 from case_file c where c.id = case_id));
