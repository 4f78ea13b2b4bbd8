-- Why an address was open or closed at a time that is over: which lists were in use then. The ledger alone has every
-- compilation, since a version that is compiled again gets a new date; nobody's page reads the ledger, so its owner
-- answers this one question. `wanted`: the version that a gateway named.
create function gh_lists_in_use(moment timestamptz, wanted text) returns table (version text, since timestamptz)
  stable security definer language sql set search_path = public as $$
  select object_id, at from ledger_entry
  where school_id = gh_school() and object_kind = 'list_version' and action = 'lists.compile' and at <= moment
    and (wanted is null or object_id = wanted)
  order by at desc, id desc limit 1 $$;
