/**
 * The download of the probe `http-download` ÷ curl, from a real nginx (sendfile, file in memory), over a routed path of network namespaces,
 * cubic, unshaped; plain also under a CPU quota (cgroup v1, period 100 ms) on the client.
 *
 *     node bench/http-download.ts [--pairs 9] [--only plain,0.085,0.25,https]
 *
 * Both get the same file as often, one request after the other on one connection, and agree on the same TLS (1.3, AES-256-GCM).
 * Goodput is payload ÷ time from the first request (connection open, TLS agreed) to the last byte: for curl the sum of its transfers'
 * time_total less the first one's time_pretransfer.
 * Needs root, ip, nginx, curl, openssl. Prints the median of alternating pairs. CPU seconds for each GB: ours over the transfer, curl's
 * over its whole run.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { type Case, ClientUnderQuota, FILE_BYTES, inPairs, type Run, report } from './client-under-quota.ts'

const { values } = parseArgs({
  options: { pairs: { type: 'string', default: '9' }, only: { type: 'string', default: 'plain,0.085,0.25,https' } },
})

const CASES: readonly Case[] = [
  { name: 'plain', times: 16, wanted: 0.85 },
  { name: '0.085', quota: 0.085, times: 3, wanted: 1 },
  { name: '0.25', quota: 0.25, times: 8, wanted: 0.95 },
  { name: 'https', secure: true, times: 4, wanted: 0.9 },
]

await using client = await ClientUnderQuota.start('file')
const bundle = join(client.folder, 'client.mjs')
await build({
  entryPoints: [fileURLToPath(new URL('http-download-run.ts', import.meta.url))],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'esm',
})

function ours(test: Case): Run {
  const args = [urlOf(test), String(FILE_BYTES * test.times), ...(test.secure ? [client.caFile] : [])]
  return JSON.parse(client.run(test, [process.execPath, bundle, ...args]).output) as Run
}

function urlOf({ secure }: Case): string {
  return `${secure ? client.nginx.https : client.nginx.http}/file`
}

for (const test of CASES.filter(({ name }) => values.only.split(',').includes(name))) {
  const pairs = inPairs(
    Number(values.pairs),
    () => ours(test),
    () => client.curl(test, urlOf(test)),
  )
  report(test, 'curl', pairs)
}
