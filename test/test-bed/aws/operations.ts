import type { Answer, Call } from './call.ts'
import { deleteFunctionConcurrency, getFunctionConcurrency, putFunctionConcurrency } from './concurrency.ts'
import {
  createFunction,
  deleteFunction,
  getAccountSettings,
  getFunction,
  getFunctionConfiguration,
  listFunctions,
  updateFunctionCode,
  updateFunctionConfiguration,
} from './control-plane.ts'
import { invoke } from './invoke.ts'
import type { Operation } from './routes.ts'
import { listTags, tagResource, untagResource } from './tags.ts'

export const operations: Readonly<Record<Operation, (call: Call) => Answer | Promise<Answer>>> = {
  CreateFunction: createFunction,
  GetFunction: getFunction,
  GetFunctionConfiguration: getFunctionConfiguration,
  UpdateFunctionCode: updateFunctionCode,
  UpdateFunctionConfiguration: updateFunctionConfiguration,
  DeleteFunction: deleteFunction,
  ListFunctions: listFunctions,
  ListTags: listTags,
  TagResource: tagResource,
  UntagResource: untagResource,
  PutFunctionConcurrency: putFunctionConcurrency,
  GetFunctionConcurrency: getFunctionConcurrency,
  DeleteFunctionConcurrency: deleteFunctionConcurrency,
  GetAccountSettings: getAccountSettings,
  Invoke: invoke,
}
