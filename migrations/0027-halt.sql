-- EVI-03, EVI-04, SRC-19: whoever suspects an image of a child's abuse can stop a case, also one that they may not read (a
-- device that was searched, a form that was sent in). It can only ever close more, so it asks nobody's leave; it hands
-- back what letters need and nothing of what the case holds.
create policy owner_halts on case_entry for insert to current_user with check (action = 'suspect');
create function gh_halt_case(of_case uuid, words text, halted_at timestamptz)
  returns table (reference text, from_state text, to_state text, manager uuid, subjects uuid[], conflicted uuid[], restricted boolean)
  security definer language plpgsql set search_path = public as $$
declare
  c case_file;
  next_state text;
begin
  select * into c from case_file f where f.id = of_case and f.school_id = gh_school() for update;
  if not found then
    raise exception 'no such case in this school' using errcode = 'check_violation';
  end if;
  next_state := case when c.state in ('halted', 'police-hold') then c.state else 'halted' end;
  insert into case_entry (school_id, case_id, at, by_person, action, from_state, to_state, text)
    values (c.school_id, c.id, halted_at, gh_person(), 'suspect', c.state, next_state, words);
  update case_file f set state = next_state, imagery = true, outcome = null, closed_by = null, closed_at = null where f.id = c.id;
  perform gh_seal_evidence(c.id, halted_at);
  return query select c.reference, c.state, next_state, c.manager, c.subjects, c.conflicted, c.restricted;
end $$;
revoke execute on function gh_halt_case from public;
grant execute on function gh_halt_case to gatehouse_app;
