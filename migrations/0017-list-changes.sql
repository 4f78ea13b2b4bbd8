-- Changes of the lists by two people (FIL-04), gates for every source, and requests for programs (SEC-10).

alter table list_source
  -- Removed for good; its name is free again, its history stays.
  add column retired boolean not null default false,
  -- The source's own words for categories, where this school reads them differently: word -> category, or null to leave out.
  add column words jsonb not null default '{}',
  -- Its word counts for so many hundredths of what lists/trust.json gives it.
  add column trust int not null default 100 check (trust between 10 and 100),
  -- The most that is taken; null: what the server allows.
  add column most_bytes bigint check (most_bytes > 0),
  add column most_names bigint check (most_names > 0),
  -- A version that keeps fewer than so many hundredths, or grows more than so many times, waits for people.
  add column least_kept int not null default 50 check (least_kept between 1 and 99),
  add column most_growth int not null default 10 check (most_growth between 2 and 1000);
alter table list_source add check (not (retired and enabled));
alter table list_source drop constraint list_source_school_id_name_key;
create unique index list_source_name on list_source (school_id, name) where not retired;

-- Names in a version that no honest list holds: the school's own hosts, public suffixes, sites that our own lists know as good.
alter table list_source_version add column marks jsonb not null default '{}';
grant update (marks) on list_source_version to gatehouse_app;

-- What somebody wants to be different about a source, and how it was before. What was asked is fixed; steps are only added.
create table list_change (
  id uuid primary key default uuidv7(),
  -- Their order, where two fall into one millisecond.
  number bigint generated always as identity,
  school_id uuid not null references school,
  source_id uuid not null references list_source,
  kind text not null check (kind in ('add', 'on', 'off', 'remove', 'settings', 'words', 'version')),
  before jsonb not null,
  after jsonb not null,
  -- Why it may open a site that is closed; null when it only closes.
  opens text check (length(opens) between 1 and 1000),
  requested_by uuid not null references person,
  created_at timestamptz not null
);
create index list_change_source on list_change (source_id, number desc);

create table list_change_step (
  change_id uuid not null references list_change,
  number int not null,
  school_id uuid not null references school,
  action text not null,
  to_state text not null check (to_state in ('proposed', 'applied', 'refused', 'withdrawn', 'to-review', 'reviewed', 'undone')),
  by_person uuid not null references person,
  at timestamptz not null,
  reason text check (length(reason) between 1 and 2000),
  primary key (change_id, number)
);

-- Whatever program writes it: what opens waits, nobody agrees to what they asked for, and what is decided stays so.
create function gh_list_change_step_sound() returns trigger language plpgsql as $$
declare
  c list_change;
  last text;
begin
  select * into c from list_change where id = new.change_id;
  select s.to_state into last from list_change_step s where s.change_id = c.id order by s.number desc limit 1;
  if not coalesce(case
      when last is null then new.number = 1 and new.to_state = case when c.opens is null then 'to-review' else 'proposed' end
      when last = 'proposed' then new.to_state in ('applied', 'refused', 'withdrawn')
      when last = 'to-review' then new.to_state in ('reviewed', 'undone')
    end, false) then
    raise exception 'a change of a list goes by its table' using errcode = 'check_violation';
  end if;
  if (new.by_person = c.requested_by) <> (new.to_state in ('proposed', 'to-review', 'withdrawn')) then
    raise exception 'nobody agrees to what they asked for' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger sound before insert on list_change_step for each row execute function gh_list_change_step_sound();

-- Is there a step of a change of this source in this very transaction, that led to one of these states?
create function gh_list_step_now(source uuid, states text[]) returns boolean stable language sql
  return exists (
    select 1 from list_change_step s join list_change c on c.id = s.change_id
    where c.source_id = source and s.to_state = any(states) and s.xmin = pg_current_xact_id()::xid);

-- FIL-04: a person's hand on a source is always a step of a change, and what opens is one that a second person agreed to.
create function gh_list_source_by_two() returns trigger language plpgsql as $$
begin
  if gh_school() is null or gh_system() then
    return new;
  end if;
  if tg_op = 'INSERT' then
    if new.enabled then
      raise exception 'a list begins switched off' using errcode = 'check_violation';
    end if;
    return new;
  end if;
  if old.enabled and not new.enabled
     and not gh_list_step_now(new.id, '{applied,undone}') then
    raise exception 'a list is not switched off by one person' using errcode = 'check_violation';
  end if;
  if (old.enabled, old.retired, old.location, old.kind, old.category, old.mirrors, old.every_hours, old.max_age_hours, old.checksum,
      old.public_key, old.words, old.trust, old.most_bytes, old.most_names, old.least_kept, old.most_growth)
     is distinct from
     (new.enabled, new.retired, new.location, new.kind, new.category, new.mirrors, new.every_hours, new.max_age_hours, new.checksum,
      new.public_key, new.words, new.trust, new.most_bytes, new.most_names, new.least_kept, new.most_growth)
     and not gh_list_step_now(new.id, '{applied,undone,to-review}') then
    raise exception 'a list is not changed without a step that says so' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger by_two before insert or update on list_source for each row execute function gh_list_source_by_two();

create function gh_list_version_by_two() returns trigger language plpgsql as $$
begin
  if gh_school() is not null and not gh_system() and new.state = 'in-use' and old.state <> 'in-use'
     and not gh_list_step_now(new.source_id, '{applied}') then
    raise exception 'a version is not taken up by one person' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger by_two before update on list_source_version for each row execute function gh_list_version_by_two();

-- SEC-10: somebody who works here needs a program, and asks those who look after the computers.
alter table site_question
  add column kind text not null default 'site' check (kind in ('site', 'program')),
  add column program text check (length(program) between 1 and 200),
  add column device text check (length(device) between 1 and 200),
  -- What was decided about a program; words alone for a site.
  add column outcome text check (outcome in ('installed', 'another-way', 'refused')),
  add check ((kind = 'program') = (program is not null)),
  add check (kind = 'program' or device is null),
  add check (kind = 'site' or asked_by is not null),
  add check (outcome is null or kind = 'program' and answered_at is not null);
grant update (outcome) on site_question to gatehouse_app;

grant select, insert on list_change, list_change_step to gatehouse_app;
do $$
declare t text;
begin
  foreach t in array array['list_change', 'list_change_step'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy own_school on %I to gatehouse_app using (school_id = gh_school() and (select gh_works_here())) with check (school_id = gh_school() and (select gh_works_here()))', t);
  end loop;
end $$;
-- What somebody did stands under their own name.
create policy own_name on list_change as restrictive for insert to gatehouse_app with check (requested_by = gh_person());
create policy own_name on list_change_step as restrictive for insert to gatehouse_app with check (by_person = gh_person());

-- FIL-02: no hand of a person touches the slots or says which index is in use; the system alone does, and what was loaded once
-- counts for ever.
do $$
declare t text;
begin
  foreach t in array array['list_slot', 'list_version'] loop
    execute format('create policy system_inserts on %I as restrictive for insert to gatehouse_app with check (gh_system())', t);
    execute format('create policy system_updates on %I as restrictive for update to gatehouse_app using (gh_system()) with check (gh_system())', t);
  end loop;
end $$;
create function gh_list_slot_stays() returns trigger language plpgsql as $$
begin
  if old.loaded_at is not null and new.loaded_at is null or new.slot <> old.slot or new.school_id <> old.school_id then
    raise exception 'a list of illegal content stays' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger stays before update on list_slot for each row execute function gh_list_slot_stays();
