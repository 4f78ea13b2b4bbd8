-- What people tell the school (ALR-02..06, FIL-15, FIL-16, CYB-04): a report, who told it, what was said since, who was told of it.

create table report (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  -- Random, as every reference: a gap would tell of a report that one may not see.
  reference text not null,
  kind text not null check (kind in
    ('concern', 'misuse', 'hurtful-message', 'technical-fault', 'filter-failure', 'security-incident')),
  -- How whoever told knows of it (CYB-04). `accident`: it came up without being looked for.
  part text check (part in ('happened', 'saw', 'accident', 'heard')),
  safe text check (safe in ('yes', 'no', 'unsure')),
  words text not null check (length(words) between 1 and 10000),
  -- EVI-03: it may show the sexual abuse of a child. There is no way to add a file to a report at all.
  imagery boolean not null default false,
  -- What a block page led here (SAN-18).
  category text,
  site text check (length(site) <= 253),
  -- The policy's roles that it goes to, everybody who was told besides, who leads on it, and whom it is kept from (ALR-10).
  to_roles text[] not null,
  told uuid[] not null default '{}',
  leads uuid[] not null default '{}',
  kept_from uuid[] not null default '{}',
  told_at timestamptz(3) not null,
  state text not null check (state in ('received', 'acknowledged', 'answered', 'fixed', 'closed')),
  -- Its own clock; null where an alert carries it. `within`: the policy's minutes.
  step int not null default 0,
  due_at timestamptz(3),
  within int,
  alert_id uuid references alert,
  case_id uuid references case_file,
  children boolean not null default false,
  acknowledged_by uuid references person,
  acknowledged_at timestamptz(3),
  ended_by uuid references person,
  ended_at timestamptz(3),
  -- Of the code that whoever told comes back with; the code itself is nowhere.
  code_digest bytea not null unique,
  unique (school_id, reference)
);
create index report_state on report (school_id, state, told_at desc);
create index report_due on report (due_at) where state = 'received';

-- Apart from the report, because the name of a witness is for whoever leads and for nobody else (CYB-04).
create table report_teller (
  report_id uuid primary key references report,
  school_id uuid not null references school,
  person uuid references person,
  name text check (length(name) <= 200),
  shielded boolean not null
);
create index report_teller_person on report_teller (person);

create table report_line (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  report_id uuid not null references report,
  at timestamptz(3) not null,
  -- Words of whoever told and answers of the school go both ways; notes stay among those it went to.
  side text not null check (side in ('teller', 'school', 'note')),
  by_person uuid references person,
  text text not null check (length(text) between 1 and 10000)
);
create index report_line_report on report_line (report_id, at);

create table report_notice (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  report_id uuid not null references report,
  at timestamptz(3) not null,
  step int not null,
  recipient uuid references person,
  mail_id uuid references mail,
  skipped text
);
create index report_notice_report on report_notice (report_id, at);

grant select, insert, update (state, step, due_at, told, alert_id, case_id, children, acknowledged_by, acknowledged_at, ended_by, ended_at)
  on report to gatehouse_app;
grant select, insert on report_teller, report_line, report_notice to gatehouse_app;

-- Whom a report is kept from, also where only its alert or its case turned out to be about them.
create function gh_report_is_kept_from_me(kept uuid[], of_alert uuid, of_case uuid) returns boolean stable security definer
  language sql set search_path = public
  begin atomic
    select coalesce(gh_person() = any (kept), false)
      or of_case is not null and coalesce(gh_case_is_about_me(of_case), false)
      or exists (select 1 from alert a where a.id = of_alert and (gh_person() = any (a.kept_from)
        or a.case_id is not null and coalesce(gh_case_is_about_me(a.case_id), false)));
  end;
-- The alert went on to somebody since.
create function gh_was_told_of(of_alert uuid) returns boolean stable security definer
  language sql set search_path = public
  begin atomic
    select exists (select 1 from alert a where a.id = of_alert and gh_person() = any (a.told));
  end;

do $$
declare t text;
begin
  foreach t in array array['report', 'report_teller', 'report_line', 'report_notice'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
  end loop;
end $$;
create policy for_recipients on report to gatehouse_app
  using (school_id = gh_school() and (gh_system() or (
    (gh_has(to_roles) or gh_person() = any (told) or gh_was_told_of(alert_id))
    and not gh_report_is_kept_from_me(kept_from, alert_id, case_id))))
  with check (school_id = gh_school());
create policy owner_reads on report for select to current_user using (true);
create policy for_who_leads on report_teller to gatehouse_app
  using (school_id = gh_school() and exists (select 1 from report r where r.id = report_id
    and (gh_system() or not shielded or gh_person() = any (r.leads) or gh_has('{dsl,centre-lead}'))))
  with check (school_id = gh_school());
create policy owner_reads on report_teller for select to current_user using (true);
create policy with_report on report_line to gatehouse_app
  using (school_id = gh_school() and exists (select 1 from report r where r.id = report_id))
  with check (school_id = gh_school() and exists (select 1 from report r where r.id = report_id)
    and (gh_system() or by_person = gh_person() and side <> 'teller'));
create policy with_report on report_notice to gatehouse_app
  using (school_id = gh_school() and exists (select 1 from report r where r.id = report_id))
  with check (school_id = gh_school());

-- A letter about a report is not there for whom the report is kept from, not even as one more that could not be sent.
create function gh_report_letter_is_kept_from_me(of text) returns boolean stable security definer
  language sql set search_path = public
  begin atomic
    select exists (select 1 from report r where r.id::text = of
      and gh_report_is_kept_from_me(r.kept_from, r.alert_id, r.case_id));
  end;
create policy report on mail as restrictive for select to gatehouse_app
  using (gh_system() or about_kind <> 'report' or not gh_report_letter_is_kept_from_me(about_id));

-- FIL-15: what became of each letter, for everybody who may read the report and not only for its recipient; no words of it.
create function gh_report_delivery(of_mail uuid) returns table (sent_at timestamptz, response text, last_error text, attempts int)
  stable security definer language sql set search_path = public
  begin atomic
    select m.sent_at, m.response, m.last_error, m.attempts from mail m
    where m.id = of_mail and m.school_id = gh_school() and m.about_kind = 'report';
  end;
create policy owner_reads on mail for select to current_user using (true);

-- SAN-18: whether somebody told the school of such a thing themself, in time: yes or no, and nothing else of the report.
create function gh_prompt_report(of_person uuid, of_category text, since timestamptz, until timestamptz) returns boolean
  stable security definer language sql set search_path = public
  begin atomic
    select exists (select 1 from report r join report_teller t on t.report_id = r.id
      where r.school_id = gh_school() and t.person = of_person and r.told_at >= since and r.told_at < until
        and (r.category = of_category or r.category is null and r.part = 'accident'));
  end;
revoke execute on function gh_report_delivery, gh_prompt_report from public;
grant execute on function gh_report_delivery, gh_prompt_report to gatehouse_app;

-- An alert may have a way of its own before the policy's escalation: whom the policy has this kind of report go to.
alter table alert add column route jsonb;
