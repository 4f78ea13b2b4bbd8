-- What a case does to the network (INC-06, INC-07, INC-19, INC-21, SAN-31): the proof of the designated computer, orders that
-- gateways obey, and what the investigators visited. Orders and visits are only ever added; an order ends by a row of its own.

-- INC-06: a challenge that somebody's browser was set, and the proof that it holds the key of one of the computers.
create table computer_proof (
  id uuid primary key,
  school_id uuid not null references school,
  person_id uuid not null references person,
  -- Digests of the session that asked, and of what the browser shows afterwards.
  session bytea not null,
  challenge bytea not null unique,
  address inet not null,
  asked_at timestamptz(3) not null,
  computer_id uuid references designated_computer,
  token bytea unique,
  until_at timestamptz(3),
  check (num_nulls(computer_id, token, until_at) in (0, 3))
);
grant select, insert, delete on computer_proof to gatehouse_app;
grant update (computer_id, token, until_at) on computer_proof to gatehouse_app;
create index computer_proof_person on computer_proof (school_id, person_id);

-- Where pupils are not let in: at a computer that is set apart, known by its address and by its browser.
create table sign_in_refusal (
  of uuid primary key,
  school_id uuid not null references school,
  kind text not null check (kind in ('pupil')),
  address inet not null,
  browser bytea not null
);
grant select, insert, update (address, browser), delete on sign_in_refusal to gatehouse_app;
create index sign_in_refusal_address on sign_in_refusal (school_id, address);
alter table sign_in_attempt drop constraint sign_in_attempt_outcome_check;
alter table sign_in_attempt add constraint sign_in_attempt_outcome_check check (outcome in
  ('ok', 'wrong-password', 'must-change', 'locked', 'left', 'no-notice', 'unknown', 'too-many', 'not-here'));

-- What gateways are told for a case: `examination` opens to people at addresses, `isolation` closes addresses, `removal`
-- takes one person's access away. None that opens or punishes lacks an end.
create table access_order (
  id uuid primary key,
  school_id uuid not null references school,
  reference text not null check (reference ~ '^A-[A-Z2-9]{6}$'),
  kind text not null check (kind in ('examination', 'isolation', 'removal')),
  people uuid[] not null default '{}',
  addresses text[] not null default '{}',
  -- Hosts that stay as they are for whoever's access is taken away.
  keeps text[] not null default '{}',
  from_at timestamptz(3) not null,
  until_at timestamptz(3) check (until_at > from_at),
  placed_by uuid references person,
  placed_at timestamptz(3) not null,
  unique (school_id, reference),
  check (kind <> 'examination' or (cardinality(people) > 0 and cardinality(addresses) > 0 and until_at is not null)),
  check (kind <> 'isolation' or (cardinality(people) = 0 and cardinality(addresses) > 0)),
  check (kind <> 'removal' or (cardinality(people) = 1 and until_at is not null))
);
create table access_order_end (
  order_id uuid primary key references access_order,
  school_id uuid not null references school,
  by_person uuid references person,
  at timestamptz(3) not null
);
grant select, insert on access_order, access_order_end to gatehouse_app;
create index access_order_school on access_order (school_id, until_at);

-- Which case an order serves, and what it says there.
create table case_access (
  order_id uuid primary key references access_order,
  school_id uuid not null references school,
  case_id uuid not null references case_file,
  -- The computer of an examination.
  computer_id uuid references designated_computer,
  -- What is isolated, as it was called when it was.
  device text,
  -- What a removal takes away.
  level text check (level in ('internet', 'network'))
);
grant select, insert on case_access to gatehouse_app;
create index case_access_case on case_access (case_id);

-- INC-07, INC-21: what the investigators opened, there and then. From the gateway's own record, each line once.
create table case_visit (
  school_id uuid not null references school,
  case_id uuid not null references case_file,
  order_id uuid not null references access_order,
  gateway_id uuid not null,
  batch bigint not null,
  line int not null,
  at timestamptz(3) not null,
  person_id uuid not null references person,
  -- Who looked into it with them.
  second_id uuid references person,
  host text not null,
  via text not null check (via in ('dns', 'proxy')),
  outcome text not null check (outcome in ('allow', 'warn', 'block')),
  times int not null check (times > 0),
  primary key (order_id, gateway_id, batch, line)
);
grant select, insert on case_visit to gatehouse_app;
create index case_visit_case on case_visit (case_id, at);

do $$
declare t text;
begin
  foreach t in array array['computer_proof', 'sign_in_refusal', 'access_order', 'access_order_end', 'case_access', 'case_visit'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
  end loop;
  foreach t in array array['case_access', 'case_visit'] loop
    execute format('create policy with_case on %I to gatehouse_app
      using (school_id = gh_school() and exists (select 1 from case_file c where c.id = case_id))
      with check (school_id = gh_school() and exists (select 1 from case_file c where c.id = case_id))', t);
  end loop;
end $$;
create policy own on computer_proof to gatehouse_app
  using (school_id = gh_school() and (person_id = gh_person() or gh_system()))
  with check (school_id = gh_school() and person_id = gh_person());
create policy own_school on sign_in_refusal to gatehouse_app
  using (school_id = gh_school() and (gh_system() or gh_has('{staff,governor}'))) with check (school_id = gh_school());
-- An order names people: whoever may not read its case learns nothing of it.
create policy add on access_order for insert to gatehouse_app with check (school_id = gh_school() and placed_by is not distinct from gh_person());
create policy read on access_order for select to gatehouse_app
  using (school_id = gh_school() and (gh_system() or exists (select 1 from case_access a where a.order_id = id)));
create policy add on access_order_end for insert to gatehouse_app with check (school_id = gh_school() and by_person is not distinct from gh_person());
create policy read on access_order_end for select to gatehouse_app
  using (school_id = gh_school() and exists (select 1 from access_order o where o.id = order_id));
create policy owner_reads on access_order for select to current_user using (true);
create policy owner_reads on access_order_end for select to current_user using (true);
create policy owner_adds on access_order_end for insert to current_user with check (true);
create policy owner_reads on case_access for select to current_user using (true);
create policy owner_bumps on school for update to current_user using (true);
create policy owner_reads_times on case_entry for select to current_user using (true);

-- EVI-04: an examination's access ends with whatever takes the case out of examination, and with whoever of those whom it
-- names drops out of the team; also where that takes the case out of their sight (INC-05), or comes from somebody who
-- never saw it (gh_halt_case). Gateways hear of it with the same transaction.
create function gh_end_examination(of_case uuid, still uuid[], ended_at timestamptz) returns int security definer
  language plpgsql set search_path = public as $$
declare
  ended int;
begin
  insert into access_order_end (order_id, school_id, by_person, at)
    select o.id, o.school_id, gh_person(), ended_at
    from access_order o join case_access a on a.order_id = o.id
    where a.case_id = of_case and o.kind = 'examination' and o.school_id = gh_school() and not (o.people <@ still)
      and not exists (select 1 from access_order_end e where e.order_id = o.id);
  get diagnostics ended = row_count;
  if ended > 0 then
    update school set snapshot_number = greatest(snapshot_number + 1, (extract(epoch from clock_timestamp()) * 1000)::bigint)
      where id = gh_school();
    perform pg_notify('gatehouse_feed', gh_school()::text);
  end if;
  return ended;
end $$;
create function gh_examination_ends() returns trigger security definer language plpgsql set search_path = public as $$
declare
  -- The step's own entry is there already, and has its time from the program's clock.
  moment timestamptz := (select max(e.at) from case_entry e where e.case_id = new.id);
  still uuid[] := '{}';
begin
  if new.state = 'examine' and not new.imagery then
    still := array(select unnest(new.team || new.manager) except select unnest(new.subjects || new.conflicted));
  end if;
  perform gh_end_examination(new.id, still, moment);
  return null;
end $$;
create trigger examination_ends after update on case_file for each row when (old.state = 'examine')
  execute function gh_examination_ends();
-- A computer that is set apart no longer carries no examination on; whoever looks after it need not know of which case.
create function gh_end_at_computer(of_computer uuid, ended_at timestamptz) returns int security definer
  language sql set search_path = public
  begin atomic
    with ended as (
      insert into access_order_end (order_id, school_id, by_person, at)
      select o.id, o.school_id, gh_person(), ended_at
      from access_order o join case_access a on a.order_id = o.id
      where a.computer_id = of_computer and o.kind = 'examination' and o.school_id = gh_school()
        and not exists (select 1 from access_order_end e where e.order_id = o.id)
      returning 1)
    select count(*)::int from ended;
  end;
revoke execute on function gh_end_examination, gh_end_at_computer, gh_examination_ends from public;
grant execute on function gh_end_examination, gh_end_at_computer to gatehouse_app;
