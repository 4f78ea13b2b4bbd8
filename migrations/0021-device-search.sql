-- Search and confiscation of pupils' devices (SRC-01..23, Part 3b). What was done is only ever added; where a search stands
-- is its last entry. No table here has a place for a picture or a file.

-- SRC-01: whom the principal authorised, when, from when to when. Ended by a row of its own.
create table search_authorisation (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  person_id uuid not null references person,
  from_at timestamptz(3) not null,
  until_at timestamptz(3) check (until_at > from_at),
  because text not null check (length(because) between 3 and 500),
  authorised_by uuid not null references person check (authorised_by <> person_id),
  at timestamptz(3) not null
);
create index search_authorisation_person on search_authorisation (school_id, person_id);
create table search_authorisation_end (
  authorisation_id uuid primary key references search_authorisation,
  school_id uuid not null references school,
  ended_by uuid not null references person,
  because text not null check (length(because) between 3 and 500),
  at timestamptz(3) not null
);

create table device_search (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  reference text not null check (reference ~ '^D-[A-HJ-NP-Z2-9]{6}$'),
  pupil uuid not null references person,
  device text not null check (length(device) between 3 and 300),
  started_by uuid not null references person check (started_by <> pupil),
  started_at timestamptz(3) not null,
  -- SRC-22: the version of the policy it began under, and the policies beside it as the school had them then.
  policy_number int not null,
  documents jsonb not null,
  unique (school_id, reference)
);
create index device_search_recent on device_search (school_id, started_at desc);
create index device_search_pupil on device_search (pupil);

-- Who works on it besides whoever began it (searcher), and whom it turned out to be about as well (named).
create table device_search_person (
  search_id uuid not null references device_search,
  person_id uuid not null references person,
  part text not null check (part in ('searcher', 'named')),
  school_id uuid not null references school,
  at timestamptz(3) not null,
  primary key (search_id, person_id, part)
);

create table device_search_entry (
  search_id uuid not null references device_search,
  number int not null check (number > 0),
  school_id uuid not null references school,
  action text not null,
  from_state text,
  to_state text not null check (to_state in
    ('grounds', 'advice', 'ready', 'searched', 'confiscated', 'examined', 'returned', 'deleted', 'police', 'dsl-decision', 'called-off')),
  -- Null: the clock.
  by_person uuid references person,
  at timestamptz(3) not null,
  detail jsonb not null check (jsonb_typeof(detail) = 'object' and length(detail::text) < 40000),
  primary key (search_id, number)
);

-- The cases that a search led to.
create table device_search_case (
  search_id uuid not null references device_search,
  case_id uuid not null references case_file,
  school_id uuid not null references school,
  at timestamptz(3) not null,
  primary key (search_id, case_id)
);
create index device_search_case_case on device_search_case (case_id);

-- What somebody had typed when they were called away. The one thing here that changes: it is no record.
create table device_search_draft (
  person_id uuid not null references person,
  about text not null check (length(about) <= 60),
  action text not null check (length(action) <= 40),
  school_id uuid not null references school,
  typed jsonb not null check (length(typed::text) < 40000),
  at timestamptz(3) not null,
  primary key (person_id, about, action)
);

-- SRC-23. Linked to its search where the receipt was named or the pupil complains; else by whoever deals with it.
create table device_search_complaint (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  reference text not null check (reference ~ '^K-[A-HJ-NP-Z2-9]{6}$'),
  search_id uuid references device_search,
  receipt text check (length(receipt) <= 40),
  words text not null check (length(words) between 3 and 5000),
  -- Who complains: somebody with an account here, or a name on a letter.
  made_by uuid references person,
  on_behalf text check (length(on_behalf) between 2 and 200),
  received_by uuid not null references person,
  at timestamptz(3) not null,
  unique (school_id, reference),
  check (num_nonnulls(made_by, on_behalf) = 1)
);
create table device_search_complaint_step (
  complaint_id uuid not null references device_search_complaint,
  number int not null check (number > 0),
  school_id uuid not null references school,
  action text not null check (action in ('file', 'link', 'assign', 'answer')),
  to_state text not null check (to_state in ('received', 'looking', 'answered')),
  by_person uuid not null references person,
  at timestamptz(3) not null,
  handler uuid references person,
  search_id uuid references device_search,
  outcome text check (outcome in ('upheld', 'partly', 'not-upheld')),
  text text not null default '' check (length(text) <= 5000),
  primary key (complaint_id, number),
  check ((action = 'assign') = (handler is not null) and (action = 'link') = (search_id is not null)
    and (action = 'answer') = (outcome is not null))
);

-- The owner's functions below read these tables, and forced row security binds the owner too.
do $$
declare t text;
begin
  foreach t in array array['device_search', 'device_search_person', 'device_search_entry', 'device_search_complaint', 'device_search_complaint_step'] loop
    execute format('create policy owner_reads on %I for select to current_user using (true)', t);
  end loop;
end $$;

create function gh_search_is_about_me(search uuid) returns boolean stable security definer
  language sql set search_path = public
  begin atomic
    select exists (select 1 from device_search s where s.id = search and s.pupil = gh_person())
      or exists (select 1 from device_search_person p where p.search_id = search and p.part = 'named' and p.person_id = gh_person());
  end;
create function gh_search_is_mine(search uuid) returns boolean stable security definer
  language sql set search_path = public
  begin atomic
    select exists (select 1 from device_search s where s.id = search and s.started_by = gh_person())
      or exists (select 1 from device_search_person p where p.search_id = search and p.part = 'searcher' and p.person_id = gh_person());
  end;
-- Is a device of this pupil with the DSL undecided, or decided to be kept? Whoever may begin a search must know it, also
-- of searches that are not theirs to read (SRC-19).
create function gh_device_is_locked(of_pupil uuid) returns boolean stable security definer
  language sql set search_path = public
  begin atomic
    select exists (
      select 1 from device_search s where s.school_id = gh_school() and s.pupil = of_pupil
        and (select e.to_state from device_search_entry e where e.search_id = s.id order by e.number desc limit 1) = 'dsl-decision'
        and coalesce((select e.detail ->> 'decision' from device_search_entry e
          where e.search_id = s.id and e.action = 'decide' order by e.number desc limit 1), '') not in ('not-imagery', 'in-school'));
  end;
create function gh_complaint_search(complaint uuid) returns uuid stable security definer
  language sql set search_path = public
  begin atomic
    select coalesce(
      (select l.search_id from device_search_complaint_step l where l.complaint_id = complaint and l.search_id is not null order by l.number desc limit 1),
      (select c.search_id from device_search_complaint c where c.id = complaint));
  end;
-- Has this person any part in the search, as one who searched or one whom it is about? They deal with no complaint about it.
create function gh_search_has(search uuid, person uuid) returns boolean stable security definer
  language sql set search_path = public
  begin atomic
    select exists (select 1 from device_search s where s.id = search and person in (s.started_by, s.pupil))
      or exists (select 1 from device_search_person p where p.search_id = search and p.person_id = person);
  end;
create function gh_complaint_is_closed_to(complaint uuid, person uuid) returns boolean stable security definer
  language sql set search_path = public
  begin atomic
    select gh_search_has(gh_complaint_search(complaint), person);
  end;
create function gh_complaint_is_with_me(complaint uuid) returns boolean stable security definer
  language sql set search_path = public
  begin atomic
    select coalesce((select l.handler = gh_person() from device_search_complaint_step l
      where l.complaint_id = complaint and l.handler is not null order by l.number desc limit 1), false);
  end;
-- What a complainant sees of their own: what they wrote, how it stands, the answer.
create function gh_my_search_complaints()
  returns table (reference text, words text, at timestamptz, state text, outcome text, answer text, answered_at timestamptz)
  stable security definer language sql set search_path = public
  begin atomic
    select c.reference, c.words, c.at, l.to_state, a.outcome, a.text, a.at
    from device_search_complaint c
    cross join lateral (select s.to_state from device_search_complaint_step s where s.complaint_id = c.id order by s.number desc limit 1) l
    left join device_search_complaint_step a on a.complaint_id = c.id and a.action = 'answer'
    where c.school_id = gh_school() and c.made_by = gh_person()
    order by c.at desc;
  end;

-- Linked by the receipt's number, or where a pupil complains to the last search of their own device. The answer to whoever
-- complains is the same either way, so it tells nobody which searches exist.
create function gh_link_complaint() returns trigger security definer language plpgsql set search_path = public as $$
begin
  if new.search_id is null and new.receipt is not null then
    new.search_id := (select s.id from device_search s where s.school_id = new.school_id and s.reference = upper(trim(new.receipt)));
  end if;
  if new.search_id is null and new.receipt is null then
    new.search_id := (select s.id from device_search s where s.school_id = new.school_id and s.pupil = new.made_by order by s.started_at desc limit 1);
  end if;
  return new;
end $$;
create trigger link before insert on device_search_complaint for each row execute function gh_link_complaint();

-- Whatever program writes it: entries follow one another; once such a picture is suspected nothing is examined or deleted
-- (SRC-19, EVI-03); nothing is deleted that may be evidence (SRC-04, SRC-16); and a safeguarding duty decides (SRC-20).
create function gh_device_search_entry_sound() returns trigger security definer language plpgsql set search_path = public as $$
declare
  last device_search_entry;
begin
  select * into last from device_search_entry where search_id = new.search_id order by number desc limit 1;
  if new.number <> coalesce(last.number, 0) + 1 or new.from_state is distinct from last.to_state then
    raise exception 'an entry follows the one before it' using errcode = 'serialization_failure';
  end if;
  if new.action = 'suspect' and new.to_state <> 'dsl-decision' then
    raise exception 'a suspected picture leads to the DSL' using errcode = 'check_violation';
  end if;
  if exists (select 1 from device_search_entry e where e.search_id = new.search_id and e.action = 'suspect')
     and (new.to_state not in ('dsl-decision', 'police', 'returned')
          or new.action in ('search', 'examine', 'finding', 'respond', 'delete')) then
    raise exception 'nothing is examined or deleted once such a picture is suspected' using errcode = 'check_violation';
  end if;
  if new.action = 'examine' and not exists (select 1 from device_search_entry e where e.search_id = new.search_id and e.action = 'confiscate') then
    raise exception 'only a device that was taken is examined' using errcode = 'check_violation';
  end if;
  if new.action = 'delete' and (
      exists (select 1 from device_search_entry e where e.search_id = new.search_id and e.action = 'ground' and e.detail ->> 'row' = 'SRC-04')
      or coalesce((select e.detail ->> 'evidence' from device_search_entry e where e.search_id = new.search_id
          and e.detail ->> 'evidence' <> '' order by e.number desc limit 1), '') <> 'no') then
    raise exception 'what may be evidence is not deleted' using errcode = 'check_violation';
  end if;
  if new.action = 'decide' and not gh_has('{dsl,centre-lead,head}') then
    raise exception 'the DSL decides' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger sound before insert on device_search_entry for each row execute function gh_device_search_entry_sound();

-- SRC-23: who searched deals with no complaint about it, whatever program hands it to them.
create function gh_complaint_step_sound() returns trigger security definer language plpgsql set search_path = public as $$
declare
  search uuid := coalesce(new.search_id, gh_complaint_search(new.complaint_id));
begin
  if new.number <> coalesce((select max(s.number) from device_search_complaint_step s where s.complaint_id = new.complaint_id), 0) + 1 then
    raise exception 'a step follows the one before it' using errcode = 'serialization_failure';
  end if;
  if new.action <> 'file' and gh_search_has(search, new.by_person) or gh_search_has(search, new.handler) then
    raise exception 'nobody deals with a complaint about their own search' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger sound before insert on device_search_complaint_step for each row execute function gh_complaint_step_sound();

grant select, insert on search_authorisation, search_authorisation_end, device_search, device_search_person,
  device_search_entry, device_search_case, device_search_complaint, device_search_complaint_step to gatehouse_app;
grant select, insert, update (typed, at), delete on device_search_draft to gatehouse_app;

do $$
declare t text;
begin
  foreach t in array array['search_authorisation', 'search_authorisation_end', 'device_search', 'device_search_person', 'device_search_entry',
      'device_search_case', 'device_search_draft', 'device_search_complaint', 'device_search_complaint_step'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
  end loop;
end $$;

-- Any member of staff may have to know whom to call.
create policy staff on search_authorisation to gatehouse_app
  using (school_id = gh_school() and (gh_system() or (select gh_works_here())))
  with check (school_id = gh_school() and authorised_by = gh_person() and (select gh_works_here()));
create policy staff on search_authorisation_end to gatehouse_app
  using (school_id = gh_school() and (gh_system() or (select gh_works_here())))
  with check (school_id = gh_school() and ended_by = gh_person() and (select gh_works_here()));

create policy need_to_know on device_search to gatehouse_app
  using (school_id = gh_school() and (gh_system() or (
    (gh_safeguarding() or gh_search_is_mine(id)) and not gh_search_is_about_me(id))))
  with check (school_id = gh_school() and started_by = gh_person() and (select gh_works_here()));
do $$
declare t text;
begin
  foreach t in array array['device_search_person', 'device_search_entry', 'device_search_case'] loop
    execute format('create policy with_search on %I to gatehouse_app
      using (school_id = gh_school() and exists (select 1 from device_search s where s.id = search_id))
      with check (school_id = gh_school() and exists (select 1 from device_search s where s.id = search_id))', t);
  end loop;
end $$;
create policy own_name on device_search_entry as restrictive for insert to gatehouse_app
  with check (by_person = gh_person() or (by_person is null and action = 'remind' and gh_system()));
create policy own_draft on device_search_draft to gatehouse_app
  using (school_id = gh_school() and person_id = gh_person()) with check (school_id = gh_school() and person_id = gh_person());

-- A complaint is for those above the search and for whoever was given it, never for whoever searched or whom it is about.
create policy need_to_know on device_search_complaint to gatehouse_app
  using (school_id = gh_school() and (gh_system() or (
    (gh_has('{dsl,centre-lead,head,chair,lead-governor}') or gh_complaint_is_with_me(id))
    and not gh_complaint_is_closed_to(id, gh_person()))))
  with check (school_id = gh_school() and received_by = gh_person() and (made_by is null or made_by = gh_person()));
create policy with_complaint on device_search_complaint_step to gatehouse_app
  using (school_id = gh_school() and exists (select 1 from device_search_complaint c where c.id = complaint_id))
  with check (school_id = gh_school() and by_person = gh_person()
    and (action = 'file' or exists (select 1 from device_search_complaint c where c.id = complaint_id)));

-- A letter about a search or a complaint is not there for whom that is kept from, not even as one more in a count.
create function gh_search_letter_is_kept_from_me(kind text, of text) returns boolean stable security definer
  language sql set search_path = public
  begin atomic
    select kind = 'device-search' and gh_search_is_about_me(of::uuid)
      or kind = 'device-search-complaint' and gh_complaint_is_closed_to(of::uuid, gh_person());
  end;
create policy device_search on mail as restrictive for select to gatehouse_app
  using (gh_system() or about_kind not in ('device-search', 'device-search-complaint') or recipient = gh_person() and about_kind = 'device-search-complaint'
    or not coalesce(gh_search_letter_is_kept_from_me(about_kind, about_id), false));
