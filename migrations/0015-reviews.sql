-- The yearly review of filtering and monitoring (FIL-07, FIL-10..14), and what parents are told of their own children (PAR-08).

-- Whose child is whose: what lets a parent read about a child, so the database itself looks at both kinds.
create table parent_link (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  parent_id uuid not null references person,
  child_id uuid not null references person,
  linked_by uuid not null references person,
  linked_at timestamptz not null,
  ended_by uuid references person,
  ended_at timestamptz,
  check (num_nulls(ended_by, ended_at) in (0, 2))
);
create unique index parent_link_live on parent_link (parent_id, child_id) where ended_at is null;
create index parent_link_child on parent_link (school_id, child_id) where ended_at is null;

create function gh_parent_link_sound() returns trigger language plpgsql as $$
begin
  if not exists (select from person where id = new.parent_id and school_id = new.school_id and kind = 'parent')
     or not exists (select from person where id = new.child_id and school_id = new.school_id and kind = 'pupil') then
    raise exception 'a parent and a pupil of this school are linked' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger sound before insert on parent_link for each row execute function gh_parent_link_sound();

-- People from outside whom a class meets online: who they are, not what they are called.
create table lesson_contact (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  scope_kind text not null check (scope_kind in ('class', 'year')),
  scope_value text not null check (length(scope_value) between 1 and 120),
  -- The lesson's list of sites that it belongs to, where it belongs to one.
  change_id uuid references filter_change,
  organisation text not null check (length(organisation) between 2 and 120),
  role text not null check (length(role) between 2 and 120),
  how text not null check (length(how) between 2 and 300),
  from_on date not null,
  until_on date not null check (until_on >= from_on),
  added_by uuid not null references person,
  added_at timestamptz not null,
  ended_by uuid references person,
  ended_at timestamptz,
  check (num_nulls(ended_by, ended_at) in (0, 2))
);
create index lesson_contact_scope on lesson_contact (school_id, scope_kind, scope_value);

create table filter_review (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  state text not null default 'draft' check (state in ('draft', 'signed')),
  -- Edition of the standards that were gone through.
  edition text not null,
  from_on date not null,
  begun_by uuid not null references person,
  begun_at timestamptz not null,
  -- [{name, part}]; FIL-11.
  attendees jsonb not null default '[]',
  gaps text not null default '' check (length(gaps) <= 8000),
  changes text not null default '' check (length(changes) <= 8000),
  signed_by uuid references person check (signed_by <> begun_by),
  signed_at timestamptz,
  signed_on date check (signed_on >= from_on),
  -- FIL-13: within a year, sooner if the governors say so.
  next_on date check (next_on > signed_on and next_on <= signed_on + interval '12 months'),
  -- What Gatehouse knew when it was signed: figures, tests, coverage.
  record jsonb,
  check (case state when 'signed' then num_nulls(signed_by, signed_at, signed_on, next_on, record) = 0
         else num_nonnulls(signed_by, signed_at, signed_on, next_on, record) = 0 end)
);
create unique index filter_review_one_draft on filter_review (school_id) where state = 'draft';

create table filter_review_item (
  review_id uuid not null references filter_review,
  item text not null check (item ~ '^[a-z0-9-]{1,60}$'),
  school_id uuid not null references school,
  answer text not null check (answer in ('met', 'part', 'not')),
  evidence text not null default '' check (length(evidence) <= 4000),
  action text not null default '' check (length(action) <= 2000),
  action_owner uuid references person,
  action_due date,
  changed_by uuid not null references person,
  changed_at timestamptz not null,
  primary key (review_id, item)
);

-- What is said after the signature: an addendum, never a correction in place.
create table filter_review_note (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  review_id uuid not null references filter_review,
  by_person uuid not null references person,
  at timestamptz not null,
  text text not null check (length(text) between 3 and 4000)
);

-- Whom a notice of a late review went to, once each.
create table filter_review_notice (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  due_on date not null,
  recipient uuid references person,
  at timestamptz not null,
  mail_id uuid references mail,
  skipped text,
  unique nulls not distinct (school_id, due_on, recipient)
);

-- Once signed nothing of a review changes, whoever writes; and only the governors' side signs, under its own name.
create function gh_review_fixed() returns trigger language plpgsql as $$
declare signed boolean;
begin
  if tg_table_name = 'filter_review' then
    if old.state = 'signed' then
      raise exception 'a signed review stays as it was signed' using errcode = 'check_violation';
    end if;
    if tg_op = 'DELETE' then return old; end if;
    if new.state = 'signed' and not (gh_has('{lead-governor,chair}') and new.signed_by = gh_person()) then
      raise exception 'the governors sign a review' using errcode = 'check_violation';
    end if;
    return new;
  end if;
  select r.state = 'signed' into signed from filter_review r
    where r.id = case when tg_op = 'DELETE' then old.review_id else new.review_id end;
  if signed or tg_op = 'UPDATE' and old.review_id <> new.review_id then
    raise exception 'a signed review stays as it was signed' using errcode = 'check_violation';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger fixed before update or delete on filter_review for each row execute function gh_review_fixed();
create trigger fixed before insert or update or delete on filter_review_item for each row execute function gh_review_fixed();

grant select, insert on parent_link, lesson_contact, filter_review, filter_review_item, filter_review_note, filter_review_notice to gatehouse_app;
grant update (ended_by, ended_at) on parent_link, lesson_contact to gatehouse_app;
grant update (state, attendees, gaps, changes, signed_by, signed_at, signed_on, next_on, record) on filter_review to gatehouse_app;
grant update (answer, evidence, action, action_owner, action_due, changed_by, changed_at) on filter_review_item to gatehouse_app;

create function gh_reviews() returns boolean stable language sql
  return gh_has('{ict-manager,filter-approver,dsl,centre-lead,head,coordinator,online-safety-coordinator,lead-governor,chair}');

do $$
declare t text;
begin
  foreach t in array array['parent_link', 'lesson_contact', 'filter_review', 'filter_review_item', 'filter_review_note', 'filter_review_notice'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
  end loop;
  foreach t in array array['filter_review', 'filter_review_item', 'filter_review_note', 'filter_review_notice'] loop
    execute format('create policy own_school on %I for select to gatehouse_app using (school_id = (select gh_school()) and (select gh_system() or gh_has(''{staff,governor}'')))', t);
  end loop;
  foreach t in array array['filter_review', 'filter_review_item'] loop
    execute format('create policy reviewers_change on %I for update to gatehouse_app using (school_id = (select gh_school()) and (select gh_reviews())) with check (school_id = gh_school())', t);
  end loop;
end $$;
create policy begin_own on filter_review for insert to gatehouse_app
  with check (school_id = gh_school() and gh_reviews() and begun_by = gh_person() and state = 'draft');
create policy answer_own on filter_review_item for insert to gatehouse_app
  with check (school_id = gh_school() and gh_reviews() and changed_by = gh_person());
create policy say_own on filter_review_note for insert to gatehouse_app
  with check (school_id = gh_school() and gh_reviews() and by_person = gh_person());
create policy system_tells on filter_review_notice for insert to gatehouse_app
  with check (school_id = gh_school() and gh_system());

-- A parent reads their own links, the people who keep accounts read and write all.
create policy own_links on parent_link for select to gatehouse_app
  using (school_id = (select gh_school()) and (parent_id = (select gh_person()) or (select gh_system() or gh_has('{administrator,ict-manager,dsl,head}'))));
create policy keepers_link on parent_link for insert to gatehouse_app
  with check (school_id = gh_school() and gh_has('{administrator,ict-manager}') and linked_by = gh_person());
create policy keepers_end on parent_link for update to gatehouse_app
  using (school_id = (select gh_school()) and (select gh_has('{administrator,ict-manager}'))) with check (ended_by = gh_person());

create policy staff_read on lesson_contact for select to gatehouse_app
  using (school_id = (select gh_school()) and (select gh_system() or gh_has('{staff}')));
create policy staff_add on lesson_contact for insert to gatehouse_app
  with check (school_id = gh_school() and gh_has('{staff}') and added_by = gh_person());
create policy staff_end on lesson_contact for update to gatehouse_app
  using (school_id = (select gh_school()) and (select gh_has('{staff}'))) with check (ended_by = gh_person());
