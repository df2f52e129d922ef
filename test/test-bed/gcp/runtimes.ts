/** `ListRuntimesResponse.Runtime`. */
export interface Runtime {
  readonly name: string
  readonly displayName: string
  readonly stage: 'GA' | 'DEPRECATED' | 'DECOMMISSIONED'
  readonly environment: 'GEN_1' | 'GEN_2'
}

const STAGES: readonly (readonly [version: number, stage: Runtime['stage']])[] = [
  [24, 'GA'],
  [22, 'GA'],
  [20, 'DEPRECATED'],
  [18, 'DECOMMISSIONED'],
]

/** The Node.js runtimes on offer; whatever the version, instances run on this process's Node. */
export const runtimes: readonly Runtime[] = (['GEN_1', 'GEN_2'] as const).flatMap((environment) =>
  STAGES.map(([version, stage]) => ({ name: `nodejs${version}`, displayName: `Node.js ${version}`, stage, environment })),
)
