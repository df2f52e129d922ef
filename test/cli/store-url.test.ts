import { expect, test } from 'vitest'
import { type StoreFlags, storeLocation } from '../../src/cli/store-url.ts'

const cases: readonly [address: string, flags: StoreFlags, location: object][] = [
  ['s3://my.bucket', { region: 'eu-west-1' }, { store: 's3', bucket: 'my.bucket', region: 'eu-west-1' }],
  [
    's3://bucket/a/b',
    { endpoint: 'http://127.0.0.1:9000/' },
    { store: 's3', bucket: 'bucket', region: 'eu-north-1', prefix: 'a/b/', endpoint: 'http://127.0.0.1:9000' },
  ],
  ['gs://bucket/a//', {}, { store: 'gcs', bucket: 'bucket', prefix: 'a/' }],
  ['azure://account/container', {}, { store: 'azure-blob', account: 'account', bucket: 'container' }],
  ['azure://account/container/a/b/', {}, { store: 'azure-blob', account: 'account', bucket: 'container', prefix: 'a/b/' }],
]

test.each(cases)('%s %j', (address, flags, location) => {
  expect(storeLocation(address, flags, { AWS_REGION: 'eu-north-1' })).toEqual(location)
})

test.each([
  ['ftp://x/y', {}, 'INVALID_OPTION', 'Write s3://bucket/prefix'],
  ['s3://', {}, 'INVALID_OPTION', 'Write s3://bucket/prefix'],
  ['s3://bucket/x', {}, 'MISSING_OPTION', 'Give --region, or set AWS_REGION.'],
  ['azure://account', {}, 'INVALID_OPTION', 'The name of a container'],
  ['gs://bucket/x', { ca: '/no/such/file' }, 'INVALID_OPTION', 'certificates in PEM'],
  ['gs://bucket/sp ace', {}, 'INVALID_OPTION', 'the last one "/"'],
] as const)('%s %j is refused', (address, flags, code, hint) => {
  expect(() => storeLocation(address, flags, {})).toThrow(expect.objectContaining({ code, hint: expect.stringContaining(hint) }))
})
