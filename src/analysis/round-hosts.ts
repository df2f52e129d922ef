import type { Journal } from '../model/journal.ts'
import type { RoundRecord, Sample } from '../model/journal-record.ts'
import { instancesOf } from './colocation/instances.ts'
import { type ContentionEvidence, placementOf } from './colocation/placement.ts'
import { provablyApart } from './colocation/relation.ts'

/** Where the samples of a round were, in their order: equal names = one host, others = another one. Undefined: not known of all of them. */
export type RoundHosts = (round: RoundRecord, samples: readonly Sample[]) => readonly string[] | undefined

/** What is declared. A local run has one host unless its samples name several. */
export function declaredHosts(provider: string): RoundHosts {
  return ({ host: common }, samples) => {
    const hosts = samples.map(({ host }) => common ?? host)
    if (provider === 'local' && hosts.every((host) => host === undefined)) return hosts.map(() => 'this host')
    return hosts.every((host) => host !== undefined) ? hosts : undefined
  }
}

/**
 * What is declared, and else what the facts prove. Contention for the network proves nothing here: that who contends for it shares a host
 * would prove itself.
 *
 * @param minimumConfidence - of a link, 0–1
 */
export function knownHosts(journal: Journal, minimumConfidence: number, contention: readonly ContentionEvidence[]): RoundHosts {
  const declared = declaredHosts(journal.experiment.provider.name)
  let linked: RoundHosts | undefined
  return (round, samples) => {
    const hosts = declared(round, samples)
    if (hosts !== undefined || samples.every(({ facts }) => facts === undefined)) return hosts
    linked ??= linkedHosts(journal, minimumConfidence, contention)
    return linked(round, samples)
  }
}

/** Instances that some test of contention for the network alone put together. */
export function byNetworkAlone(contention: readonly ContentionEvidence[]): ReadonlySet<string> {
  return new Set(contention.filter(isNetwork).flatMap(({ groups }) => groups.flatMap(({ instances }) => instances)))
}

/** What has nothing to do with the network; every other channel, whatever it is called, may be the network. */
const BESIDE_THE_NETWORK: ReadonlySet<string> = new Set(['memory', 'cpu'])
const isNetwork = ({ channel }: ContentionEvidence): boolean => !BESIDE_THE_NETWORK.has(channel)

function linkedHosts(journal: Journal, minimumConfidence: number, contention: readonly ContentionEvidence[]): RoundHosts {
  const instances = instancesOf(journal)
  const { partition } = placementOf(instances, { minimumConfidence, contention: contention.filter((each) => !isNetwork(each)) })
  const labels = new Map(instances.map(({ instance }, index) => [instance, partition.labels.host[index] ?? -1]))
  return (_, samples) => {
    const own = samples.map(({ instance = '' }) => labels.get(instance))
    if (!own.every((label) => label !== undefined)) return undefined
    return provablyApart([...new Set(own)], partition) ? own.map((label) => `linked ${label}`) : undefined
  }
}
