import type { CreateFunctionRequest, UpdateFunctionCodeRequest } from '@aws-sdk/client-lambda'
import { type Answer, type Call, functionOf, jsonOf } from './call.ts'
import { DeploymentPackage } from './deployment-package.ts'
import { type SettingsRequest, settingsOf } from './function-settings.ts'
import { type Course, LambdaFunction } from './lambda-function.ts'
import { conflict, invalid, ServiceError, tooLarge } from './service-error.ts'
import { checkTags } from './tags.ts'

/** Of a request with a ZIP in it. */
const MAX_REQUEST_BYTES = 70_167_211
const MAX_ZIPPED_BYTES = 52_428_800

/** As JSON carries it: bytes as base64. */
type WithZip<Request> = Omit<Request, 'Code' | 'ZipFile'> & { Code?: { ZipFile?: string }; ZipFile?: string }

export function createFunction(call: Call): Answer {
  const { account, service } = call
  const request = jsonOf<WithZip<CreateFunctionRequest>>(call)
  const { FunctionName: name = '', Role = '', Code, Tags = {} } = request
  const arn = account.arnOf(name)
  if (Object.keys(Tags).length > 0) service.demandAction('lambda:TagResource', arn)
  service.demandAction('iam:PassRole', Role)
  if (request.VpcConfig !== undefined) for (const what of VPC_ACTIONS) service.demandAction(what, '*')
  if (account.functions.has(name)) throw conflict(`Function already exist: ${name}`)
  const settings = settingsOf(asSettings(request), account)
  checkTags(Tags)
  const code = packageOf(Code?.ZipFile, call, 'CreateFunction')
  const made = new LambdaFunction({ name, arn, tags: Tags }, { code, settings }, courseOf(call))
  account.functions.set(name, made)
  return { body: made.configuration() }
}

const VPC_ACTIONS = ['ec2:DescribeSecurityGroups', 'ec2:DescribeSubnets', 'ec2:DescribeVpcs']

export function getFunction(call: Call): Answer {
  const { account, service } = call
  const found = functionOf(call)
  const path = `snapshots/123456789012/${found.name}`
  return {
    body: {
      Configuration: found.configuration(),
      Code: {
        RepositoryType: 'S3',
        Location: `https://awslambda-${account.region}-tasks.s3.${account.region}.amazonaws.com/${path}?X-Amz-Signature=${service.locationSecret}`,
      },
      ...(service.allows('lambda:ListTags') ? found.tags.size > 0 && { Tags: Object.fromEntries(found.tags) } : { TagsError: NO_TAGS }),
      ...(found.reserved !== undefined && { Concurrency: { ReservedConcurrentExecutions: found.reserved } }),
    },
  }
}

/** Tags are another permission. */
const NO_TAGS = { ErrorCode: 'AccessDeniedException', Message: 'Not authorized to perform: lambda:ListTags' }

export function getFunctionConfiguration(call: Call): Answer {
  return { body: functionOf(call).configuration() }
}

export function updateFunctionCode(call: Call): Answer {
  const found = functionOf(call)
  const { ZipFile, Architectures, DryRun, RevisionId } = jsonOf<WithZip<UpdateFunctionCodeRequest>>(call)
  checkCanChange(found, RevisionId)
  const code = packageOf(ZipFile, call, 'UpdateFunctionCode')
  const settings = settingsOf(Architectures === undefined ? {} : { Architectures }, call.account, found.configured.settings)
  if (DryRun !== true) found.update({ code, settings }, courseOf(call))
  return { body: found.configuration() }
}

export function updateFunctionConfiguration(call: Call): Answer {
  const found = functionOf(call)
  const request = jsonOf<SettingsRequest>(call)
  if (request.Role !== undefined) call.service.demandAction('iam:PassRole', request.Role)
  checkCanChange(found, request.RevisionId)
  const { FunctionName: _, ...changes } = asSettings(request)
  found.update({ settings: settingsOf(changes, call.account, found.configured.settings) }, courseOf(call))
  return { body: found.configuration() }
}

export function deleteFunction(call: Call): Answer {
  const found = functionOf(call)
  call.account.functions.delete(found.name)
  call.service.environments.forget(found)
  return {}
}

export function listFunctions({ account, query, service }: Call): Answer {
  const limit = Math.min(Number(query.get('MaxItems') ?? service.pageSize), service.pageSize)
  if (!(limit >= 1))
    throw new ServiceError(400, 'ValidationException', "1 validation error detected: Value at 'maxItems' failed to satisfy constraint")
  const all = [...account.functions.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const marker = query.get('Marker')
  const after = marker === null ? '' : Buffer.from(marker, 'base64').toString()
  if (marker !== null && !after.startsWith('after:')) throw invalid('Invalid marker')
  const rest = all.filter(({ name }) => name > after.slice('after:'.length))
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  return {
    body: {
      Functions: page.map((each) => each.summary()),
      ...(last !== undefined && rest.length > limit && { NextMarker: Buffer.from(`after:${last.name}`).toString('base64') }),
    },
  }
}

export function getAccountSettings({ account }: Call): Answer {
  const functions = [...account.functions.values()]
  return {
    body: {
      AccountLimit: {
        TotalCodeSize: 80_530_636_800,
        CodeSizeUnzipped: 262_144_000,
        CodeSizeZipped: MAX_ZIPPED_BYTES,
        ConcurrentExecutions: account.concurrency,
        UnreservedConcurrentExecutions: account.unreserved,
      },
      AccountUsage: {
        TotalCodeSize: functions.reduce((sum, { configured }) => sum + configured.code.bytes, 0),
        FunctionCount: functions.length,
      },
    },
  }
}

function asSettings(request: object): SettingsRequest {
  return request
}

function courseOf({ service: { faults, settleMs } }: Call): Course {
  return { takesMs: () => faults.settleMs ?? settleMs, failure: faults.nextFailure() }
}

function checkCanChange(found: LambdaFunction, revisionId: string | undefined): void {
  const cannot = 'The operation cannot be performed at this time.'
  if (found.state === 'Pending') throw conflict(`${cannot} The function is currently in the following state: Pending`)
  if (found.updating) throw conflict(`${cannot} An update is in progress for resource: ${found.arn}`)
  if (revisionId === undefined || revisionId === found.revisionId) return
  const message =
    'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id'
  throw new ServiceError(412, 'PreconditionFailedException', message, { Type: 'User' })
}

function packageOf(base64: string | undefined, { body }: Call, operation: string): DeploymentPackage {
  if (base64 === undefined) throw invalid('Please provide a source for function code.')
  if (body.byteLength > MAX_REQUEST_BYTES) throw tooLarge(MAX_REQUEST_BYTES, operation)
  const zip = Buffer.from(base64, 'base64')
  if (zip.byteLength > MAX_ZIPPED_BYTES) throw tooLarge(MAX_ZIPPED_BYTES, operation)
  return new DeploymentPackage(zip)
}
