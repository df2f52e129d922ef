import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { collectFacts, MAX_FACT_BYTES } from '../../src/agent/identity-facts.ts'

test('facts of this machine, raw', () => {
  const facts = collectFacts({})
  expect(facts['proc/self/cgroup']).toBe(readFileSync('/proc/self/cgroup', 'utf8').trim())
  expect(facts['proc/sys/kernel/random/boot_id']).toMatch(/^[0-9a-f-]{36}$/)
  expect(facts['proc/self/ns/net']).toMatch(/^net:\[\d+\]$/)
  expect(facts['proc/stat']).toMatch(/^cpu .*\nbtime \d+$/)
  expect(facts['proc/meminfo']).toMatch(/^MemTotal: +\d+ kB$/)
  expect(facts['proc/cpuinfo']?.match(/model name/g)).toHaveLength(1)
})

test('the uptime with the clock of its moment, and the kernel start that both give', () => {
  const before = Date.now()
  const facts = collectFacts({})
  const epochMs = Number(facts['clock/uptime'])
  expect(epochMs).toBeGreaterThanOrEqual(before)
  expect(epochMs).toBeLessThanOrEqual(Date.now())
  const btime = Number(/btime (\d+)/.exec(facts['proc/stat'] ?? '')?.[1])
  expect(Math.abs(epochMs / 1000 - Number(facts['proc/uptime']?.split(' ')[0]) - btime)).toBeLessThan(2)
})

test('interfaces with their addresses, without loopback and link-local', () => {
  const texts = Object.entries(collectFacts({})).filter(([key]) => key.startsWith('net/'))
  for (const [key, text] of texts) {
    expect(key).not.toBe('net/lo')
    expect(text).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}( \S+\/\d+)+$/)
    expect(text).not.toMatch(/ (fe80:|127\.|::1)/)
  }
})

test('mounts are told up to the mount point: what follows may hold credentials', () => {
  expect(collectFacts({})['proc/self/mountinfo']).toMatch(/^(\d+ \d+ \d+:\d+ \S+ \/\S*\n?)+$/)
})

test('a secret of the environment is blotted out wherever it stands', () => {
  const facts = collectFacts({ MY_API_KEY: 'planted-in-two-places', HOSTNAME: 'box-planted-in-two-places-1' })
  expect(facts['env/HOSTNAME']).toBe('box-[secret]-1')
})

test('whatever the variable is called: connection strings, signed and credentialed URLs, keys', () => {
  const planted = [
    'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=cGxhbnRlZA==',
    'https://a.blob.example/c?sv=1&sig=cGxhbnRlZA',
    'postgres://user:planted-password@db.example/x',
    '-----BEGIN PRIVATE KEY-----planted',
  ]
  for (const value of planted) {
    const facts = collectFacts({ AzureWebJobsStorage: value, HOSTNAME: `box ${value} 1` })
    expect(facts['env/HOSTNAME']).toMatch(/^[^\n]*[[]secret]/)
    expect(facts['env/HOSTNAME']).not.toContain(value)
  }
  expect(collectFacts({ HOSTNAME: 'of-the-deployment' }, ['of-the-deployment'])['env/HOSTNAME']).toBe('[secret]')
})

test('variables by allow-list only', () => {
  const environment = {
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/22/[$LATEST]786a',
    WEBSITE_INSTANCE_ID: '02c705ae',
    AWS_SECRET_ACCESS_KEY: 'hidden',
    AWS_SESSION_TOKEN: 'hidden',
    MSI_SECRET: 'hidden',
    CONTAINER_ENCRYPTION_KEY: 'hidden',
    PATH: 'hidden',
  }
  const facts = collectFacts(environment)
  expect(facts['env/AWS_LAMBDA_LOG_STREAM_NAME']).toBe('2026/11/22/[$LATEST]786a')
  expect(facts['env/WEBSITE_INSTANCE_ID']).toBe('02c705ae')
  expect(Object.keys(facts).filter((key) => key.startsWith('env/'))).toHaveLength(2)
  expect(JSON.stringify(facts)).not.toContain('hidden')
})

test('no fact is longer than its limit, none is empty', () => {
  const facts = collectFacts({ HOSTNAME: 'ä'.repeat(MAX_FACT_BYTES), K_SERVICE: '' })
  expect(Buffer.byteLength(facts['env/HOSTNAME'] ?? '')).toBeLessThanOrEqual(MAX_FACT_BYTES)
  expect(facts['env/HOSTNAME']).not.toContain('\uFFFD')
  expect(facts).not.toHaveProperty('env/K_SERVICE')
  for (const text of Object.values(facts)) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_FACT_BYTES)
})
