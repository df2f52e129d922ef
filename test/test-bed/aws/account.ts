import type { LambdaFunction } from './lambda-function.ts'

export interface Role {
  readonly arn: string
  /** May make network interfaces, which a function in a VPC needs. Default false. */
  readonly vpc?: boolean
}

/** An account in one region, with what Lambda allows it there. */
export class Account {
  readonly region: string
  readonly concurrency: number
  readonly maxMemoryMb: number
  readonly roles: readonly Role[]
  readonly subnetIds: readonly string[]
  readonly securityGroupIds: readonly string[]
  readonly functions: Map<string, LambdaFunction> = new Map()

  constructor(region: string, limits: AccountLimits) {
    this.region = region
    this.concurrency = limits.concurrency
    this.maxMemoryMb = limits.maxMemoryMb
    this.roles = limits.roles
    this.subnetIds = limits.subnetIds
    this.securityGroupIds = limits.securityGroupIds
  }

  /** Concurrency that no function has for itself. */
  get unreserved(): number {
    return [...this.functions.values()].reduce((rest, { reserved = 0 }) => rest - reserved, this.concurrency)
  }

  arnOf(name: string): string {
    return `arn:aws:lambda:${this.region}:${ACCOUNT_ID}:function:${name}`
  }
}

export interface AccountLimits {
  readonly concurrency: number
  readonly maxMemoryMb: number
  readonly roles: readonly Role[]
  readonly subnetIds: readonly string[]
  readonly securityGroupIds: readonly string[]
}

export const ACCOUNT_ID = '123456789012'
