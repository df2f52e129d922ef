/** The bare SDK, as an application would have it: `node bare.mjs ENDPOINT TIMES BYTES` gets an object so often and drops it. */
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'

const [endpoint = '', times = '1', bytes = '0'] = process.argv.slice(2)
const client = new S3Client({
  endpoint,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
})
const cpuBefore = process.cpuUsage()
const startedAt = performance.now()
let received = 0
for (let time = 0; time < Number(times); time++) {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: 'bench', Key: 'object' }))
  for await (const piece of Body as unknown as AsyncIterable<Uint8Array>) received += piece.length
}
const seconds = (performance.now() - startedAt) / 1000
if (received !== Number(times) * Number(bytes)) throw new Error(`${received} bytes`)
const { user, system } = process.cpuUsage(cpuBefore)
process.stdout.write(JSON.stringify({ bitsPerSecond: (8 * received) / seconds, cpuSecondsPerGB: (user + system) / 1e6 / (received / 1e9) }))
process.exit(0)
