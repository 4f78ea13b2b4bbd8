-- Cases. A case's story is its entries, which are never changed; the row in case_file is where the story stands now.

create table case_file (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  reference text not null,
  title text not null check (length(title) between 3 and 200),
  category text,
  source text not null check (source in ('alert', 'told', 'logged')),
  urgency text not null check (urgency in ('urgent', 'soon')),
  state text not null,
  opened_by uuid references person,
  opened_at timestamptz(3) not null,
  -- The day it happened, which may be before the day it was logged (INC-23).
  happened_on date not null default current_date,
  -- People it is about: they never see it, whoever they are (INC-05).
  subjects uuid[] not null default '{}',
  -- People who may read and act besides the safeguarding duties.
  team uuid[] not null default '{}',
  assignee uuid references person,
  outcome text,
  closed_by uuid references person,
  closed_at timestamptz(3),
  unique (school_id, reference)
);
create index case_file_state on case_file (school_id, state, opened_at desc);

create table case_entry (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  case_id uuid not null references case_file,
  at timestamptz(3) not null,
  by_person uuid references person,
  action text not null,
  from_state text,
  to_state text not null,
  text text not null default '',
  detail jsonb not null default '{}'
);
create index case_entry_case on case_entry (case_id, at);
-- A case is reported once: who may log a case that they may not read cannot write into it afterwards.
create unique index case_entry_report on case_entry (case_id) where action = 'report';

alter table alert add constraint alert_case foreign key (case_id) references case_file;

grant select, insert, update (state, subjects, team, assignee, outcome, closed_by, closed_at, urgency, category) on case_file to gatehouse_app;
grant select, insert on case_entry to gatehouse_app;

alter table case_file enable row level security;
alter table case_file force row level security;
create policy need_to_know on case_file to gatehouse_app
  using (school_id = gh_school() and (gh_system() or (
    (gh_safeguarding() or gh_person() = any (team)) and not coalesce(gh_person() = any (subjects), false))))
  with check (school_id = gh_school());
alter table case_entry enable row level security;
alter table case_entry force row level security;
create policy with_case on case_entry to gatehouse_app
  using (school_id = gh_school() and exists (select 1 from case_file c where c.id = case_id))
  with check (school_id = gh_school() and (action = 'report' or exists (select 1 from case_file c where c.id = case_id)));

-- What somebody has logged is a receipt to them and nothing more: no title, no state, no entries.
create function gh_my_reports() returns table (reference text, opened_at timestamptz) stable security definer
  language sql set search_path = public
  begin atomic
    select c.reference, c.opened_at from case_file c
    where c.school_id = gh_school() and c.opened_by = gh_person() and c.source = 'logged'
    order by c.opened_at desc;
  end;
create policy owner_reads on case_file for select to current_user using (true);

-- Who works on a case may read the alert it came from; whom the case turns out to be about may not, even where the alert
-- was not kept from them when it was raised (INC-05).
create function gh_case_is_about_me(of_case uuid) returns boolean stable security definer
  language sql set search_path = public
  begin atomic
    select exists (select 1 from case_file c where c.id = of_case and gh_person() = any (c.subjects));
  end;
create policy with_case on alert to gatehouse_app
  using (school_id = gh_school() and exists (select 1 from case_file c where c.id = case_id)
    and not coalesce(gh_person() = any (kept_from), false))
  with check (school_id = gh_school());
create policy not_about_me on alert as restrictive to gatehouse_app
  using (case_id is null or not coalesce(gh_case_is_about_me(case_id), false));

-- A letter is for its recipient, for whoever may see what it is about, and for those who look after the mail; but one about
-- an alert or a case is not there, not even as one more that could not be sent, for whom that alert or case is kept from.
create function gh_letter_is_kept_from_me(kind text, of text) returns boolean stable security definer
  language sql set search_path = public
  begin atomic
    select kind = 'alert' and exists (select 1 from alert a left join case_file c on c.id = a.case_id
        where a.id::text = of and (gh_person() = any (a.kept_from) or gh_person() = any (c.subjects)))
      or kind = 'case' and exists (select 1 from case_file c where c.id::text = of and gh_person() = any (c.subjects));
  end;
create policy owner_reads on alert for select to current_user using (true);
create policy need_to_know on mail as restrictive for select to gatehouse_app
  using (gh_system()
    or about_kind = 'alert' and exists (select 1 from alert a where a.id::text = about_id)
    or (recipient = gh_person() or gh_has('{ict-manager,administrator}'))
      and not coalesce(gh_letter_is_kept_from_me(about_kind, about_id), false));
