/** Where functions run, as far as what they cost follows from it. */
export interface Platform {
  /** `aws`, `gcp` or `azure`. */
  readonly name: string
  /** Plan: `lambda` (aws), `gen1` or `gen2` (gcp), `consumption` or `flex-consumption` (azure). Default: `lambda`, `gen2`, `flex-consumption`. */
  readonly variant?: string
  readonly region?: string
  /** AWS only. Default `x86_64`, as the platform's own. */
  readonly architecture?: 'x86_64' | 'arm64'
  /** CPUs of an instance where they are set by themselves (gcp gen2). Default: those that come with its memory. */
  readonly vcpus?: number
  /** Ephemeral storage of an instance in MB (aws), ≥ 512. Default 512, which is free. */
  readonly storageMb?: number
}
