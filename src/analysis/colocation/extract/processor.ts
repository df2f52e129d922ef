import type { Extraction, Extractor } from '../observation.ts'
import { ABSENT, type Facts, found, malformed, rule, wholeFact } from './extraction.ts'
import { onGvisor } from './kernel.ts'

const FIELDS = {
  vendor: /^vendor_id[ \t]*: *(.*)$/m,
  family: /^cpu family[ \t]*: *(.*)$/m,
  model: /^model[ \t]*: *(.*)$/m,
  stepping: /^stepping[ \t]*: *(.*)$/m,
  name: /^model name[ \t]*: *(.*)$/m,
  mhz: /^cpu MHz[ \t]*: *(.*)$/m,
} as const

/** A line of the first processor. */
function field(facts: Facts, name: keyof typeof FIELDS): string | undefined {
  const text = facts['proc/cpuinfo']
  return text === undefined ? undefined : FIELDS[name].exec(text)?.[1]?.trim()
}

/** Vendor, family, model and stepping, as CPUID tells them. */
function signature(facts: Facts): Extraction {
  const vendor = field(facts, 'vendor')
  if (vendor === undefined) return ABSENT
  const numbers = (['family', 'model', 'stepping'] as const).map((name) => field(facts, name))
  const sound = /^[A-Za-z ]{4,16}$/.test(vendor) && numbers.every((number) => number !== undefined && /^\d{1,3}$/.test(number))
  return sound ? found(`${vendor} ${numbers.join('-')}`) : malformed('vendor, family, model or stepping')
}

/** `8173M`, `E5-2666`, `7B12`: what generic names that hide the model have not. */
const MODEL_NUMBER = /(?:^|[ -])[A-Z]*\d[0-9A-Z]{2,}\b/

/** The name, where it names a model; hypervisors give a general one to whom they like. */
function brand(facts: Facts): Extraction {
  const name = field(facts, 'name')
  if (name === undefined || !MODEL_NUMBER.test(name.replace(/@.*/, ''))) return ABSENT
  return /^[\x20-\x7e]{1,64}$/.test(name) ? found(name.replace(/ +/g, ' ')) : malformed('the model name is no plain text')
}

function memory(facts: Facts): Extraction {
  return wholeFact(facts, 'proc/meminfo', /^MemTotal: +(\d{1,15}) kB$/, 'MemTotal in kB')
}

/** Nominal frequency in Hz, as the name tells it: `@ 2.00GHz`. */
const nominalHz = (facts: Facts): number | undefined => {
  const text = /@ *(\d\.\d{1,2})GHz/.exec(field(facts, 'name') ?? '')?.[1]
  return text === undefined || Number(text) === 0 ? undefined : Number(text) * 1e9
}

/** Seconds since 1970 at which the host's time stamp counter was 0. Of gVisor only: virtual machines see a counter of their own. */
function hostStart(facts: Facts): Extraction {
  const text = facts['tsc']
  const hz = nominalHz(facts)
  if (text === undefined || hz === undefined || !onGvisor(facts)) return ABSENT
  const [, ticks, epochMs] = /^(\d{9,20}) (\d{12,14}(?:\.\d+)?)$/.exec(text.trim()) ?? []
  if (ticks === undefined || epochMs === undefined) return malformed('tsc is not "TICKS EPOCH_MS"')
  return found((Number(epochMs) / 1000 - Number(ticks) / hz).toFixed(2))
}

/**
 * The counter's frequency as the kernel measured it, with the processor: in its log, or where nothing scales the frequency in
 * `cpu MHz`. A round one was not measured but taken from CPUID, and so is every host's.
 */
function measuredFrequency(facts: Facts): Extraction {
  const processor = signature(facts)
  if (processor.kind !== 'value') return processor
  const logged = /^.*tsc: (?:Detected|Refined TSC clocksource calibration:) (\d{3,4}\.\d{3}) MHz/m.exec(facts['dmesg'] ?? '')?.[1]
  const shown = facts['env/K_SERVICE'] === undefined || onGvisor(facts) ? undefined : field(facts, 'mhz')
  const mhz = logged ?? shown
  if (mhz === undefined) return ABSENT
  if (!/^\d{3,4}\.\d{3}$/.test(mhz)) return malformed('the frequency is not in MHz with three decimals')
  return /[05]00$/.test(mhz) ? ABSENT : found(`${processor.value} ${mhz} MHz`)
}

/** Of 64 bits: programs of 32 run beside them. */
const KNOWN_ARCHITECTURES = /^(?:x64|arm64|ppc64|s390x|riscv64|loong64)$/

/** Traits of the processor, which are the host's. */
export const PROCESSOR: readonly Extractor[] = [
  rule({
    key: 'architecture',
    scope: 'stratum',
    basis: 'fingerprint',
    confidence: 0,
    separates: 'host',
    era: 'everywhere: a function is not run by emulation',
    extract: (facts) => wholeFact(facts, 'process/arch', KNOWN_ARCHITECTURES, 'an architecture of 64 bits'),
  }),
  rule({
    key: 'cpu-signature',
    scope: 'stratum',
    basis: 'fingerprint',
    confidence: 0,
    separates: 'host',
    era: 'x86: templates of virtual machines hide features and the name, not these numbers',
    extract: signature,
  }),
  rule({
    key: 'cpu-brand',
    scope: 'stratum',
    basis: 'fingerprint',
    confidence: 0,
    separates: 'host',
    era: 'x86, where the name tells a model: 2018 on Lambda, 2024 on Cloud Run',
    extract: brand,
  }),
  rule({
    key: 'memory-total',
    scope: 'stratum',
    basis: 'fingerprint',
    confidence: 0,
    era: 'every Linux, kB: of the guest, and a balloon changes it',
    extract: memory,
  }),
  rule({
    key: 'host-start-by-tsc',
    scope: 'host',
    basis: 'fingerprint',
    confidence: 0.99,
    separates: 'host',
    tolerance: 1,
    era: 'Cloud Run first generation, 2023–24 (Zhao et al. 2024), where something native read the counter; seconds',
    extract: hostStart,
  }),
  rule({
    key: 'tsc-frequency',
    scope: 'host',
    basis: 'fingerprint',
    confidence: 0.5,
    era: 'Cloud Run second generation, 2023–24 (Zhao et al. 2024): many hosts share one value. By "cpu MHz": not verified there',
    extract: measuredFrequency,
  }),
]
