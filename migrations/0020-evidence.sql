-- Evidence (EVI-01..10, SRC-19). What an item is, who held it and what was done with it is only ever added. The one thing
-- that can go is a key: `evidence_key` is what stands between a file on disk and whoever wants to read it.

create table evidence_item (
  id uuid primary key,
  school_id uuid not null references school,
  case_id uuid not null references case_file,
  number int not null check (number > 0),
  kind text not null check (kind in ('file', 'device', 'paper', 'other')),
  description text not null check (length(description) between 3 and 500),
  serial text check (length(serial) between 1 and 100),
  taken_by uuid not null references person,
  taken_at timestamptz(3) not null,
  -- The computer it came from, where one is set apart (EVI-01).
  device text check (length(device) <= 100),
  -- Of a file as it was before it was encrypted. No hash, no record.
  size bigint check (size > 0),
  sha256 bytea check (length(sha256) = 32),
  -- Encrypted under the file's own key: a name can identify a child, and goes with the key.
  name bytea,
  unique (case_id, number),
  check (num_nonnulls(size, sha256, name) = case kind when 'file' then 3 else 0 end)
);

-- Two wraps of each file's key: the school's, by which it is opened, and the outside body's, which outlives sealing.
create table evidence_key (
  item_id uuid not null references evidence_item,
  holder text not null check (holder in ('school', 'outside')),
  school_id uuid not null references school,
  key_id text not null check (length(key_id) between 8 and 64),
  wrapped bytea not null,
  primary key (item_id, holder)
);
create index evidence_key_id on evidence_key (school_id, key_id) where holder = 'school';

-- What was done with an item, each opening among it (EVI-09).
create table evidence_event (
  -- In the order of writing.
  id bigint generated always as identity primary key,
  school_id uuid not null references school,
  case_id uuid not null references case_file,
  item_id uuid not null references evidence_item,
  at timestamptz(3) not null,
  by_person uuid references person,
  action text not null check (action in ('take', 'scan', 'open', 'verified', 'broken', 'export', 'signed', 'seal', 'hand-over', 'dispose', 'destroy')),
  text text not null default '' check (length(text) <= 2000),
  detail jsonb not null default '{}'
);
create index evidence_event_item on evidence_event (item_id, at);
create unique index evidence_event_once on evidence_event (item_id, action) where action in ('take', 'seal', 'dispose', 'destroy');

-- EVI-08: who had it when. Holders are written as they were named then, officers and parents among them.
create table custody_event (
  -- In the order of writing.
  id bigint generated always as identity primary key,
  school_id uuid not null references school,
  case_id uuid not null references case_file,
  item_id uuid not null references evidence_item,
  at timestamptz(3) not null,
  recorded_at timestamptz(3) not null,
  by_person uuid not null references person,
  act text not null check (act in ('taken', 'placed', 'sealed', 'opened', 'handed-over', 'returned', 'to-police')),
  from_holder text check (length(from_holder) between 2 and 120),
  to_holder text check (length(to_holder) between 2 and 120),
  place text check (length(place) between 1 and 200),
  seal text check (length(seal) between 1 and 60),
  force_reference text check (length(force_reference) between 2 and 100),
  note text check (length(note) between 1 and 2000),
  check (at <= recorded_at),
  check (act not in ('handed-over', 'returned', 'to-police') or num_nulls(from_holder, to_holder) = 0),
  check (act <> 'to-police' or force_reference is not null),
  check (act <> 'sealed' or seal is not null)
);
create index custody_event_item on custody_event (item_id, at);

-- EVI-10: while one of these stands nothing is disposed of.
create table evidence_hold (
  id uuid primary key,
  school_id uuid not null references school,
  case_id uuid not null references case_file,
  -- Null: everything in the case, also what comes later.
  item_id uuid references evidence_item,
  kind text not null check (kind in ('police', 'appeal', 'other')),
  reason text not null check (length(reason) between 10 and 2000),
  by_person uuid not null references person,
  at timestamptz(3) not null
);
create index evidence_hold_case on evidence_hold (case_id);
create table evidence_hold_end (
  hold_id uuid primary key references evidence_hold,
  school_id uuid not null references school,
  by_person uuid not null references person,
  at timestamptz(3) not null,
  reason text not null check (length(reason) between 10 and 2000)
);

-- What takes two: disposal at the end of retention, and what the police instruct about sealed items (EVI-07).
create table evidence_order (
  id uuid primary key,
  school_id uuid not null references school,
  case_id uuid not null references case_file,
  kind text not null check (kind in ('dispose', 'destroy', 'hand-over')),
  items uuid[] not null check (cardinality(items) between 1 and 500),
  reason text not null check (length(reason) between 10 and 2000),
  force text check (length(force) between 2 and 120),
  force_reference text check (length(force_reference) between 2 and 100),
  officer text check (length(officer) between 2 and 120),
  instructed_on date,
  by_person uuid not null references person,
  at timestamptz(3) not null,
  check (num_nonnulls(force, force_reference, officer, instructed_on) = case kind when 'dispose' then 0 else 4 end)
);
create index evidence_order_case on evidence_order (case_id);
create table evidence_order_answer (
  order_id uuid primary key references evidence_order,
  school_id uuid not null references school,
  agreed boolean not null,
  reason text not null default '' check (length(reason) <= 2000),
  by_person uuid not null references person,
  at timestamptz(3) not null
);

-- The seal over a case's evidence. The last line counts; a release lets a new examination begin and opens nothing.
create table evidence_seal (
  id bigint generated always as identity primary key,
  school_id uuid not null references school,
  case_id uuid not null references case_file,
  act text not null check (act in ('sealed', 'released')),
  at timestamptz(3) not null,
  by_person uuid references person,
  authority text check (authority in ('police', 'dsl')),
  decision text check (length(decision) between 10 and 2000),
  check (num_nulls(authority, decision) = case act when 'sealed' then 2 else 0 end)
);
create index evidence_seal_case on evidence_seal (case_id, id desc);

-- Whoever asks, in whatever context: the answer may not depend on what row security shows them.
create function gh_evidence_sealed(of_case uuid) returns boolean stable security definer language sql set search_path = public
  begin atomic
    select coalesce((select s.act = 'sealed' from evidence_seal s where s.case_id = of_case order by s.id desc limit 1), false);
  end;

-- A case's evidence changes by one hand at a time, so that nothing slips in beside its sealing.
create function gh_evidence_lock(of_case uuid) returns void language sql
  begin atomic
    select pg_advisory_xact_lock(hashtextextended('evidence ' || of_case::text, 0));
  end;

-- EVI-03, EVI-07: the school's wrap of every key goes, in the transaction that marks the suspicion, whoever marks it.
create function gh_seal_evidence(of_case uuid, sealed_at timestamptz) returns int security definer language plpgsql set search_path = public as $$
declare
  sealed int;
begin
  if not exists (select 1 from case_file c where c.id = of_case and c.school_id = gh_school()) then
    raise exception 'no such case in this school' using errcode = 'check_violation';
  end if;
  perform gh_evidence_lock(of_case);
  if not gh_evidence_sealed(of_case) then
    insert into evidence_seal (school_id, case_id, act, at, by_person) values (gh_school(), of_case, 'sealed', sealed_at, gh_person());
  end if;
  insert into evidence_event (school_id, case_id, item_id, at, by_person, action)
    select i.school_id, i.case_id, i.id, sealed_at, gh_person(), 'seal'
    from evidence_item i join evidence_key k on k.item_id = i.id and k.holder = 'school' where i.case_id = of_case;
  delete from evidence_key k using evidence_item i where i.id = k.item_id and i.case_id = of_case and k.holder = 'school';
  get diagnostics sealed = row_count;
  return sealed;
end $$;

create function gh_evidence_item_sound() returns trigger language plpgsql as $$
begin
  perform gh_evidence_lock(new.case_id);
  if new.kind = 'file' and gh_evidence_sealed(new.case_id) then
    raise exception 'the evidence of this case is sealed' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger sound before insert on evidence_item for each row execute function gh_evidence_item_sound();

-- A key comes with its item and never again; it goes only by what the item's log says before.
create function gh_evidence_key_sound() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if exists (select 1 from evidence_event e where e.item_id = new.item_id) then
      raise exception 'a key comes with its item' using errcode = 'check_violation';
    end if;
    return new;
  end if;
  if not exists (select 1 from evidence_event e where e.item_id = old.item_id
      and (e.action in ('dispose', 'destroy') or e.action = 'seal' and old.holder = 'school')) then
    raise exception 'a key goes only by sealing, disposal or destruction' using errcode = 'check_violation';
  end if;
  return old;
end $$;
create trigger sound before insert or delete on evidence_key for each row execute function gh_evidence_key_sound();

-- EVI-07, EVI-10: whatever program writes it, nothing goes without two people, and nothing that is held goes at all.
create function gh_evidence_event_sound() returns trigger language plpgsql as $$
begin
  if new.action in ('dispose', 'destroy', 'hand-over') and not exists (
      select 1 from evidence_order o join evidence_order_answer a on a.order_id = o.id
      where a.agreed and o.kind = new.action and new.item_id = any (o.items) and o.case_id = new.case_id) then
    raise exception 'this takes two people' using errcode = 'check_violation';
  end if;
  if new.action = 'dispose' and (gh_evidence_sealed(new.case_id) or exists (
      select 1 from evidence_hold h left join evidence_hold_end x on x.hold_id = h.id
      where h.case_id = new.case_id and x.hold_id is null and (h.item_id is null or h.item_id = new.item_id))) then
    raise exception 'what is held is not disposed of' using errcode = 'check_violation';
  end if;
  if new.action in ('open', 'export') and gh_evidence_sealed(new.case_id) then
    raise exception 'the evidence of this case is sealed' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger sound before insert on evidence_event for each row execute function gh_evidence_event_sound();

create function gh_evidence_answer_sound() returns trigger language plpgsql as $$
begin
  if exists (select 1 from evidence_order o join case_file c on c.id = o.case_id where o.id = new.order_id
      and (o.by_person = new.by_person or new.by_person = any (c.subjects) or o.by_person = any (c.subjects))) then
    raise exception 'this takes two people, neither of whom it is about' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger sound before insert on evidence_order_answer for each row execute function gh_evidence_answer_sound();

grant select, insert on evidence_item, evidence_event, custody_event, evidence_hold, evidence_hold_end, evidence_order, evidence_order_answer, evidence_seal to gatehouse_app;
grant select, insert, delete, update (key_id, wrapped) on evidence_key to gatehouse_app;

-- Who may see a case may see what is kept in it; the gate of the case decides who of them may do what.
do $$
declare t text;
begin
  foreach t in array array['evidence_item', 'evidence_event', 'custody_event', 'evidence_hold', 'evidence_order', 'evidence_seal'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy with_case on %I to gatehouse_app
      using (school_id = gh_school() and exists (select 1 from case_file c where c.id = case_id))
      with check (school_id = gh_school() and exists (select 1 from case_file c where c.id = case_id))', t);
  end loop;
end $$;
alter table evidence_key enable row level security;
alter table evidence_key force row level security;
create policy with_item on evidence_key to gatehouse_app
  using (school_id = gh_school() and exists (select 1 from evidence_item i where i.id = item_id))
  with check (school_id = gh_school() and exists (select 1 from evidence_item i where i.id = item_id));
alter table evidence_hold_end enable row level security;
alter table evidence_hold_end force row level security;
create policy with_hold on evidence_hold_end to gatehouse_app
  using (school_id = gh_school() and exists (select 1 from evidence_hold h where h.id = hold_id))
  with check (school_id = gh_school() and by_person = gh_person() and exists (select 1 from evidence_hold h where h.id = hold_id));
alter table evidence_order_answer enable row level security;
alter table evidence_order_answer force row level security;
create policy with_order on evidence_order_answer to gatehouse_app
  using (school_id = gh_school() and exists (select 1 from evidence_order o where o.id = order_id))
  with check (school_id = gh_school() and by_person = gh_person() and exists (select 1 from evidence_order o where o.id = order_id));

-- What somebody did stands under their own name.
create policy own_name on evidence_item as restrictive for insert to gatehouse_app with check (taken_by = gh_person());
create policy own_name on evidence_event as restrictive for insert to gatehouse_app
  with check (by_person = gh_person() or by_person is null and gh_system());
create policy own_name on custody_event as restrictive for insert to gatehouse_app with check (by_person = gh_person());
create policy own_name on evidence_hold as restrictive for insert to gatehouse_app with check (by_person = gh_person());
create policy own_name on evidence_order as restrictive for insert to gatehouse_app with check (by_person = gh_person());
-- Keys are wrapped anew by the rotation alone, and never the outside body's.
create policy rotation_only on evidence_key as restrictive for update to gatehouse_app using (gh_system() and holder = 'school');
create policy release_only on evidence_seal as restrictive for insert to gatehouse_app
  with check (act = 'released' and by_person = gh_person());

-- For the functions above that look and act past row security.
create policy owner_acts on evidence_item for select to current_user using (true);
create policy owner_acts on evidence_event to current_user using (true) with check (true);
create policy owner_acts on evidence_key to current_user using (true);
create policy owner_acts on evidence_seal to current_user using (true) with check (true);
