import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { abandonDeployment, deployRequest, onBed, useAwsBed } from './lab.ts'

/** The policy for whoever runs netfair, as docs/aws.md gives it. */
function documentedActions(): readonly string[] {
  const [, json = ''] = /```json\n(.*?)```/s.exec(readFileSync(new URL('../../../docs/aws.md', import.meta.url), 'utf8')) ?? []
  const { Statement } = JSON.parse(json) as { readonly Statement: readonly { readonly Action: string | readonly string[] }[] }
  return Statement.flatMap(({ Action }) => Action)
}

test('the documented policy is enough for all that netfair does, and allows nothing else', async () => {
  const allowedActions = documentedActions()
  const bed = await useAwsBed({ allowedActions, settleMs: 20 })
  try {
    const provider = onBed(bed)
    await provider.check({ memoryMb: [512], concurrency: 2 })
    await provider.deploy(deployRequest())
    await onBed(bed, { timeoutSeconds: 60 }).deploy(deployRequest({ endsBeforeMs: Date.now() + 86_400_000 }))
    const changed = await onBed(bed, { architecture: 'arm64' }).deploy(deployRequest({ concurrency: 800 }))
    await changed[Symbol.asyncDispose]()
    bed.faults.failDeploy()
    await expect(provider.deploy(deployRequest())).rejects.toMatchObject({ code: 'DEPLOY_FAILED' })
    await abandonDeployment(bed)
    expect(await provider.cleanup()).toHaveLength(1)
    const used = new Set(bed.requests.map(({ operation }) => `lambda:${operation}`))
    const needed = allowedActions.filter((action) => !['lambda:InvokeFunction', 'iam:PassRole'].includes(action))
    expect([...used].toSorted()).toEqual(needed.toSorted())
  } finally {
    await bed[Symbol.asyncDispose]()
  }
})
