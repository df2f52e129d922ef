import { judge } from './arena.ts'
import { type ContentionAnswer, type ContentionTest, type ReadingRules, weightOf } from './contention.ts'
import { Weights } from './correlation-clustering.ts'

/** Instances taken for one. */
export interface Unit {
  readonly names: readonly string[]
  /** Of its least certain member, 0–1. */
  readonly confidence: number
  /** False: it was tested, and its place is not clear. */
  readonly decided: boolean
}

export interface Settling {
  readonly units: readonly Unit[]
  /** Undefined: every place is certain, or as certain as it gets. */
  readonly next: ContentionTest | undefined
}

export interface SettlingRules extends ReadingRules {
  readonly target: number
  readonly mostReadings: number
  readonly minimumConfidence: number
}

/** Who of the parties shares a host with whom, by the leader tests among them, and which test tells most. */
export function settle(parties: readonly Unit[], answers: readonly ContentionAnswer[], prior: number, rules: SettlingRules): Settling {
  const nodeOf = new Map(parties.flatMap(({ names }, node) => names.map((name) => [name, node] as const)))
  const weights = new Weights(parties.length)
  const sent = parties.map(() => 0)
  for (const { kind, senders, listeners, readings } of answers) {
    const sender = nodeOf.get(senders[0] ?? '')
    if (kind !== 'leader' || sender === undefined) continue
    const told = new Map(readings.map((reading) => [reading.listener, weightOf(reading, rules)]))
    let asked = 0
    for (const name of listeners) {
      const listener = nodeOf.get(name)
      if (listener === undefined || listener === sender) continue
      // One that told nothing was asked all the same.
      weights.add(sender, listener, told.get(name) ?? 0)
      asked++
    }
    if (asked > 0) sent[sender] = (sent[sender] ?? 0) + 1
  }
  const { labels, confidence, nextSender } = judge(weights, prior, rules, sent)
  const joined = new Map<number, number[]>()
  const units: Unit[] = []
  for (const [node, label] of labels.entries()) {
    const unit = parties[node]
    if (unit === undefined) continue
    if ((confidence[node] ?? 0) < rules.minimumConfidence) units.push({ ...unit, decided: false })
    else joined.set(label, [...(joined.get(label) ?? []), node])
  }
  for (const nodes of joined.values()) {
    const members = nodes.flatMap((node) => parties[node] ?? [])
    const certain = Math.min(...nodes.map((node) => confidence[node] ?? 1), ...members.map((unit) => unit.confidence))
    const decided = members.every((unit) => unit.decided)
    units.push({
      names: members.flatMap(({ names }) => names),
      confidence: members.length === 1 ? (members[0]?.confidence ?? 1) : certain,
      decided,
    })
  }
  return { units, next: nextSender === undefined ? undefined : leaderTest(parties, nextSender, sent[nextSender] ?? 0) }
}

/** Another of the party each time; of every other party the first listens. */
function leaderTest(parties: readonly Unit[], sender: number, turn: number): ContentionTest {
  const own = parties[sender]?.names ?? []
  const listeners = parties.flatMap(({ names }, node) => (node === sender ? [] : names.slice(0, 1)))
  return { kind: 'leader', senders: [own[turn % own.length] ?? ''], listeners }
}
