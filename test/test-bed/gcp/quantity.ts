const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 }

/** Bytes of a quantity as Kubernetes writes it: `256M`, `2Gi`; undefined where it is none. */
export function bytesOf(quantity: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(quantity) ?? []
  const factor = UNITS[unit]
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor
}

/** vCPUs of a quantity: `1`, `0.5`, `583m`; undefined where it is none. */
export function vcpusOf(quantity: string): number | undefined {
  const [, digits, milli] = /^(\d+(?:\.\d+)?)(m?)$/.exec(quantity) ?? []
  return digits === undefined ? undefined : Number(digits) / (milli ? 1000 : 1)
}
