/**
 * File name that the module of a probe of one's own has beside the agent in a cloud function, where its URL leads nowhere.
 * @param url of the module where it was written, as `Task.probe.module`
 */
export function packagedModule(url: string): string {
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256').update(url).digest('hex')
  return `probe-${hash.slice(0, 16)}.mjs`
}
