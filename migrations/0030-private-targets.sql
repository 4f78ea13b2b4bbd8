-- The school's own addresses, which the proxy reaches only where two people opened them (FIL-04, FCR-04).

-- A range as PostgreSQL writes it; null for every other text, so that what is compared here is what gateways read.
create function gh_range(written text) returns cidr stable language sql
  return case when pg_input_is_valid(written, 'cidr') then case when written = written::cidr::text then written::cidr end end;

-- What was written before is written so too. It means the same; forms that can be read in two ways stay as they are.
update school s set settings = jsonb_set(s.settings, '{allowedPrivate}', (
    select coalesce(jsonb_agg(case when pg_input_is_valid(r, 'inet') and r !~ '(^|\.)0[0-9x]' then network(r::inet)::text else r end), '[]')
    from jsonb_array_elements_text(s.settings -> 'allowedPrivate') r))
  where jsonb_typeof(s.settings -> 'allowedPrivate') = 'array';

-- Private, shared, unique local or link-local; loopback never, for there stand Gatehouse's own services.
create function gh_own_ranges(ranges cidr[]) returns boolean immutable language sql
  return not exists (select 1 from unnest(ranges) r where not r <<= any (
    '{10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,169.254.0.0/16,fc00::/7,fe80::/10}'::cidr[]));

-- What somebody asks to have opened, and what became of it. Both are only ever added; no decision: it waits.
create table private_target_proposal (
  id uuid primary key,
  school_id uuid not null references school,
  ranges cidr[] not null check (cardinality(ranges) between 1 and 50 and array_position(ranges, null) is null and gh_own_ranges(ranges)),
  reason text not null check (length(trim(reason)) between 10 and 2000),
  requested_by uuid not null references person,
  at timestamptz(3) not null
);
create index private_target_proposal_at on private_target_proposal (school_id, at desc);
create table private_target_decision (
  proposal_id uuid primary key references private_target_proposal,
  school_id uuid not null references school,
  outcome text not null check (outcome in ('agreed', 'refused', 'withdrawn')),
  by_person uuid not null references person,
  at timestamptz(3) not null,
  reason text check (length(trim(reason)) between 1 and 2000),
  check (outcome <> 'refused' or reason is not null and length(trim(reason)) >= 10)
);

-- One at a time: whoever agrees sees all that would be opened.
create function gh_private_proposal_sound() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('private targets ' || new.school_id::text, 0));
  if exists (select 1 from private_target_proposal p where p.school_id = new.school_id
      and not exists (select 1 from private_target_decision d where d.proposal_id = p.id)) then
    raise exception 'one opening waits already' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger sound before insert on private_target_proposal for each row execute function gh_private_proposal_sound();

create function gh_private_decision_sound() returns trigger language plpgsql as $$
begin
  if new.outcome = 'withdrawn' is distinct from
      (new.by_person = (select p.requested_by from private_target_proposal p where p.id = new.proposal_id)) then
    raise exception 'nobody agrees to what they asked for' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger sound before insert on private_target_decision for each row execute function gh_private_decision_sound();

-- Whatever program writes it: a range that was not open, or lies in none that was, is one that a second person agreed to in this
-- very transaction.
create function gh_private_by_two() returns trigger language plpgsql as $$
begin
  if gh_school() is not null and exists (
      select 1 from jsonb_array_elements_text(new.settings -> 'allowedPrivate') n
      where not exists (select 1 from jsonb_array_elements_text(old.settings -> 'allowedPrivate') o
          where o = n or gh_range(n) <<= gh_range(o))
        and not exists (select 1 from private_target_proposal p join private_target_decision d on d.proposal_id = p.id
          where p.school_id = new.id and d.outcome = 'agreed' and d.xmin = pg_current_xact_id()::xid and gh_range(n) = any (p.ranges))) then
    raise exception 'the school''s own addresses are not opened by one person' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger private_by_two before insert or update of settings on school for each row execute function gh_private_by_two();

grant select, insert on private_target_proposal, private_target_decision to gatehouse_app;
do $$
declare t text;
begin
  foreach t in array array['private_target_proposal', 'private_target_decision'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
  end loop;
end $$;
create policy own_school on private_target_proposal to gatehouse_app
  using (school_id = gh_school() and (select gh_works_here())) with check (school_id = gh_school());
create policy with_proposal on private_target_decision to gatehouse_app
  using (school_id = gh_school() and exists (select 1 from private_target_proposal p where p.id = proposal_id))
  with check (school_id = gh_school() and exists (select 1 from private_target_proposal p where p.id = proposal_id));
-- What somebody did stands under their own name.
create policy own_name on private_target_proposal as restrictive for insert to gatehouse_app
  with check (requested_by = gh_person() and gh_has('{administrator}'));
create policy own_name on private_target_decision as restrictive for insert to gatehouse_app with check (by_person = gh_person());
