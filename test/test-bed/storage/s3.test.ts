import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { expect, test } from 'vitest'
import { type S3Server, startS3 } from './s3.ts'

const Bucket = 'netfair-test'

function clientOf({ endpoint, environment }: S3Server): S3Client {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '', AWS_REGION: region = '' } = environment
  return new S3Client({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } })
}

test('objects come back as they went: whole, streamed, in parts, in ranges, and by signed URLs above its usual limit', async () => {
  await using server = await startS3()
  const client = clientOf(server)
  const content = randomBytes(12_000_000)
  await client.send(new PutObjectCommand({ Bucket, Key: 'a/whole', Body: content.subarray(0, 1000) }))
  await new Upload({
    client,
    params: { Bucket, Key: 'a/parts', Body: Readable.from([content.subarray(0, 7_000_000), content.subarray(7_000_000)]) },
  }).done()
  const put = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key: 'a/signed' }), { expiresIn: 60 })
  expect((await fetch(put, { method: 'PUT', body: content })).status).toBe(200)
  const get = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: 'a/signed' }), { expiresIn: 60 })
  expect(Buffer.from(await (await fetch(get)).arrayBuffer()).equals(content)).toBe(true)
  const part = await client.send(new GetObjectCommand({ Bucket, Key: 'a/parts', Range: 'bytes=6999990-7000009' }))
  expect(Buffer.from((await part.Body?.transformToByteArray()) ?? []).equals(content.subarray(6_999_990, 7_000_010))).toBe(true)
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'a/' }))
  expect(Contents.map(({ Key, Size }) => [Key, Size])).toEqual([
    ['a/parts', content.length],
    ['a/signed', content.length],
    ['a/whole', 1000],
  ])
  client.destroy()
})
