/** For tests and benchmarks: asks the database as its owner. */
type AsOwner = (text: string, values?: unknown[]) => Promise<unknown>;

export interface Many {
  readonly school: string;
  readonly cases: number;
  /** Entries of each case. */
  readonly entries: number;
  /** Cases are about them in turn. */
  readonly pupils: readonly string[];
  /** Each has every second case. */
  readonly managers: readonly [string, string];
  readonly now: number;
}

/**
 * Many years of cases: one in a hundred open, one in fifty urgent, one in a thousand restricted. Their entries are sentences of
 * common and rare words: "tablet" stands in one case of ten, "marmalade" in one of a thousand.
 */
export async function manyCases(asOwner: AsOwner, many: Many): Promise<void> {
  const { school, cases, entries, pupils, managers, now } = many;
  await asOwner(
    `insert into case_file (school_id, reference, title, source, urgency, severity, state, opened_by, opened_at, subjects, affected,
       manager, team, types, restricted, first_action_at, first_action_due, outcome_due, outcome)
     select $1, 'M-' || n, 'Something that happened, number ' || n, 'logged',
       case when n % 50 = 0 then 'urgent' else 'soon' end,
       case when n % 50 = 0 then 'urgent' when n % 7 = 0 then 'serious' else 'routine' end,
       case when n % 100 = 0 then (array['reported', 'triage', 'contain', 'team', 'actions'])[1 + n / 100 % 5] else 'closed' end,
       $5, $6::timestamptz - n * interval '1 hour',
       array[($3::uuid[])[1 + n % cardinality($3::uuid[])]], array[($3::uuid[])[1 + n * 7 % cardinality($3::uuid[])]],
       case when n % 2 = 0 then $4::uuid else $5::uuid end, array[case when n % 2 = 0 then $4::uuid else $5::uuid end],
       case n % 6 when 0 then array['cyber-bullying'] when 1 then array['misuse', 'bypass'] when 2 then array['wellbeing']
         when 3 then array['shared-image'] when 4 then array['technical'] else '{}' end,
       n % 1000 = 0, $6::timestamptz, $6::timestamptz, $6::timestamptz + interval '5 days',
       case when n % 100 = 0 then null else 'supported' end
     from generate_series(1, $2::int) n`,
    [school, cases, pupils, managers[0], managers[1], new Date(now)],
  );
  await asOwner(
    `insert into case_entry (school_id, case_id, at, by_person, action, from_state, to_state, text)
     select $1, c.id, c.opened_at + k * interval '1 minute', c.manager,
       (array['report', 'assign', 'support', 'note', 'help', 'record', 'inform', 'note', 'resolve', 'close'])[1 + k % 10],
       null, 'actions',
       'Spoke with ' || k || ' people after lesson ' || (n % 6) || ' about what was said' ||
         case when n % 10 = 0 and k = 3 then ' on a tablet' else '' end ||
         case when n % 1000 = 7 and k = 4 then ', over marmalade' else '' end || '. Agreed to meet again.'
     from (select c.*, substr(c.reference, 3)::int as n from case_file c where c.school_id = $1 and c.reference like 'M-%') c,
       generate_series(0, $2::int - 1) k`,
    [school, entries],
  );
  await asOwner('analyze case_file');
  await asOwner('analyze case_entry');
}
