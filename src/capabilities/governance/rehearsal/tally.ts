/** Requests, and how many different people made them; `unsigned` of them while nobody was signed in. */
export interface Tallied {
  readonly requests: number;
  readonly people: number;
  readonly unsigned: number;
}

/** Counts different people by a bit for each: sets of ids for thousands of sites would take the memory of the machine. */
export class Tally {
  requests = 0;
  #people = 0;
  #unsigned = 0;
  readonly #seen: Uint8Array;

  constructor(population: number) {
    this.#seen = new Uint8Array((population + 7) >> 3);
  }

  /** `person` is a number below the population, or -1 for nobody. */
  add(requests: number, person: number): void {
    this.requests += requests;
    if (person < 0) {
      this.#unsigned += requests;
      return;
    }
    const place = person >> 3;
    const bit = 1 << (person & 7);
    const seen = this.#seen[place] ?? 0;
    if ((seen & bit) !== 0) return;
    this.#seen[place] = seen | bit;
    this.#people++;
  }

  get counted(): Tallied {
    return { requests: this.requests, people: this.#people, unsigned: this.#unsigned };
  }
}

/** One of something for each key, made when it is first asked for. */
export class Keyed<T> {
  readonly #all = new Map<string, T>();
  readonly #make: () => T;

  constructor(make: () => T) {
    this.#make = make;
  }

  of(key: string): T {
    let one = this.#all.get(key);
    if (one === undefined) {
      one = this.#make();
      this.#all.set(key, one);
    }
    return one;
  }

  map<R>(each: (key: string, one: T) => R): R[] {
    return [...this.#all].map(([key, one]) => each(key, one));
  }
}
