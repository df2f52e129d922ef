import type { Extraction, Extractor } from '../observation.ts'
import { ABSENT, type Facts, found, malformed, onlyOne, rule, wholeFact } from './extraction.ts'

const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/

/**
 * The address of `eth0`, in the network that the process sees: the file may be that of another. An interface never has one of the
 * multicast addresses: those are what programs make up for want of one.
 */
function mac(facts: Facts): Extraction {
  const seen = facts['net/eth0']?.split(' ')[0]
  const address = (seen ?? facts['sys/class/net/eth0/address'] ?? '').trim().toLowerCase()
  if (address === '') return ABSENT
  if (!MAC.test(address)) return malformed('no MAC address')
  return Number.parseInt(address.slice(0, 2), 16) & 1 ? malformed('a multicast address') : found(address)
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/
const IPV6 = /^(?=(?:.*:){2})[0-9a-f:]{3,39}$/

/** IPv4 addresses of interfaces, as `net/NAME` tells them: `MAC ADDRESS/PREFIX …`. */
const interfaceAddresses = (facts: Facts): string[] =>
  Object.keys(facts)
    .filter((key) => key.startsWith('net/'))
    .sort()
    .flatMap((key) => (facts[key] ?? '').split(' '))
    .map((word) => word.replace(/\/\d{1,3}$/, ''))
    .filter((word) => IPV4.test(word))

function guestAddress(facts: Facts): Extraction {
  const addresses = interfaceAddresses(facts)
  return addresses.length === 0 ? ABSENT : found(addresses.join(' '))
}

function egress(facts: Facts): Extraction {
  const address = facts['egress']
    ?.trim()
    .toLowerCase()
    .replace(/^::ffff:(?=\d+\.)/, '')
    .replace(/%.*$/, '')
  if (address === undefined || address === '') return ABSENT
  return IPV4.test(address) || IPV6.test(address) ? found(address) : malformed('egress is no address')
}

/** netfair's local lab: 198.18.0.0/16 in a /22 a host. */
const LAB = '198.18.'
function labHost(address: string): string[] {
  const third = address.startsWith(LAB) ? Number.parseInt(address.slice(LAB.length), 10) : Number.NaN
  return Number.isNaN(third) ? [] : [`host-${third >> 2}`]
}

function localSubnet(facts: Facts): Extraction {
  const seen = egress(facts)
  return onlyOne([...interfaceAddresses(facts), ...(seen.kind === 'value' ? [seen.value] : [])].flatMap(labHost), 'subnets of hosts')
}

/** Addresses. */
export const NETWORK: readonly Extractor[] = [
  rule({
    key: 'mac-address',
    scope: 'vm',
    basis: 'identifier',
    confidence: 0.3,
    era: 'everywhere, weak: later machines get the address again (Lambda 2020–21), images have a fixed one, 24 bits are often random',
    clonedBySnapshot: true,
    passedOn: true,
    extract: mac,
  }),
  rule({
    key: 'guest-address',
    scope: 'stratum',
    basis: 'identifier',
    confidence: 0,
    era: 'private and link-local addresses: every network has the same ones',
    passedOn: true,
    extract: guestAddress,
  }),
  rule({
    key: 'egress-address',
    scope: 'egress',
    basis: 'identifier',
    confidence: 0.99,
    era: 'as the target saw it: a shared pool or a NAT gateway; says nothing of the host',
    passedOn: true,
    extract: egress,
  }),
  rule({
    key: 'local-subnet',
    scope: 'host',
    basis: 'identifier',
    confidence: 0.999,
    separates: 'host',
    era: 'the local provider only, whose hosts are groups of namespaces with a subnet each',
    extract: localSubnet,
  }),
  rule({
    key: 'host-name',
    scope: 'stratum',
    basis: 'identifier',
    confidence: 0,
    era: 'proves nothing: all Linux Consumption apps of Azure have one name (2019)',
    extract: (facts) =>
      wholeFact(facts, 'proc/sys/kernel/hostname' in facts ? 'proc/sys/kernel/hostname' : 'env/HOSTNAME', /^[\w.-]{1,253}$/, 'a name'),
  }),
]
