-- EVI-03, EVI-04, EVI-07, SRC-19: where an image of a child's abuse is suspected, what the program forgets the database
-- remembers, whoever asks and by whatever program.

-- The step of this very transaction by which a case goes on: recorded under the name of whoever takes it, with a reference.
create function gh_stepped(of_case uuid, actions text[], was text, becomes text) returns boolean stable security definer
  language sql set search_path = public
  begin atomic
    select exists (select 1 from case_entry e where e.case_id = of_case and e.action = any (actions)
      and e.from_state = was and e.to_state = becomes and e.by_person = gh_person()
      and trim(e.detail ->> 'reference') <> '' and e.xmin = pg_current_xact_id()::xid);
  end;

create function gh_case_imagery() returns trigger language plpgsql as $$
begin
  if old.imagery and not new.imagery and not gh_stepped(old.id, '{not-imagery}', old.state, new.state) then
    raise exception 'only a recorded decision takes this suspicion from a case' using errcode = 'check_violation';
  end if;
  if old.state = 'halted' and new.state <> 'halted'
     and not gh_stepped(old.id, '{police-reference,not-imagery}', 'halted', new.state) then
    raise exception 'a case that was stopped goes on only by a recorded decision' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger imagery before update of imagery, state on case_file for each row execute function gh_case_imagery();

alter table case_file add constraint case_file_imagery
  check (not (imagery and state = 'examine') and (imagery or state <> 'halted'));

-- EVI-03: a story is words. A picture pasted as text is a picture (words-only.ts looks closer).
alter table case_entry add constraint case_entry_words check (text !~* ';base64,' and detail::text !~* ';base64,');

-- Whoever waits for a case's evidence has the case first: in this order no two can wait for each other, so that a stop is
-- never what the database gives up.
create or replace function gh_evidence_lock(of_case uuid) returns void language sql
  begin atomic
    select 1 from case_file c where c.id = of_case for key share;
    select pg_advisory_xact_lock(hashtextextended('evidence ' || of_case::text, 0));
  end;

-- The mark alone closes the vault, before and besides the seal that follows from it.
create function gh_evidence_closed(of_case uuid) returns boolean stable security definer language sql set search_path = public
  begin atomic
    select gh_evidence_sealed(of_case) or exists (select 1 from case_file c where c.id = of_case and c.imagery);
  end;

create or replace function gh_evidence_item_sound() returns trigger language plpgsql as $$
begin
  perform gh_evidence_lock(new.case_id);
  if new.kind = 'file' and gh_evidence_closed(new.case_id) then
    raise exception 'the evidence of this case is sealed' using errcode = 'check_violation';
  end if;
  return new;
end $$;

create or replace function gh_evidence_event_sound() returns trigger language plpgsql as $$
begin
  if new.action in ('dispose', 'destroy', 'hand-over') and not exists (
      select 1 from evidence_order o join evidence_order_answer a on a.order_id = o.id
      where a.agreed and o.kind = new.action and new.item_id = any (o.items) and o.case_id = new.case_id) then
    raise exception 'this takes two people' using errcode = 'check_violation';
  end if;
  if new.action = 'dispose' and (gh_evidence_closed(new.case_id) or exists (
      select 1 from evidence_hold h left join evidence_hold_end x on x.hold_id = h.id
      where h.case_id = new.case_id and x.hold_id is null and (h.item_id is null or h.item_id = new.item_id))) then
    raise exception 'what is held is not disposed of' using errcode = 'check_violation';
  end if;
  if new.action in ('open', 'export') and (gh_evidence_closed(new.case_id)
      or exists (select 1 from evidence_event e where e.item_id = new.item_id and e.action = 'seal')) then
    raise exception 'the evidence of this case is sealed' using errcode = 'check_violation';
  end if;
  return new;
end $$;

create function gh_evidence_seal_sound() returns trigger language plpgsql as $$
begin
  if new.act = 'released' and exists (select 1 from case_file c where c.id = new.case_id and c.imagery) then
    raise exception 'nothing is taken in while the suspicion stands' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger sound before insert on evidence_seal for each row execute function gh_evidence_seal_sound();

-- As in migrations/0020, but it says how many files this transaction sealed, by whichever call.
create or replace function gh_seal_evidence(of_case uuid, sealed_at timestamptz) returns int security definer
  language plpgsql set search_path = public as $$
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
  return (select count(*) from evidence_event e
    where e.case_id = of_case and e.action = 'seal' and e.xmin = pg_current_xact_id()::xid);
end $$;

-- Whatever marked the suspicion and forgot the seal: it is made before the transaction can end.
create function gh_case_sealed() returns trigger language plpgsql as $$
begin
  perform gh_seal_evidence(new.id, transaction_timestamp());
  return null;
end $$;
create constraint trigger sealed after insert or update of imagery on case_file
  deferrable initially deferred for each row when (new.imagery) execute function gh_case_sealed();
