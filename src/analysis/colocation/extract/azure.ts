import type { Extraction, Extractor } from '../observation.ts'
import { ABSENT, type Facts, found, lowerCase, malformed, rule, upperCase, wholeFact } from './extraction.ts'

/** Plans where a whole machine is the customer's: `WEBSITE_INSTANCE_ID` names it. */
const OWN_MACHINE = /^(?:Basic|Standard|Premium\w*|ElasticPremium|Isolated\w*|WorkflowStandard)$/

/** The instance id, where it names a machine and not a container, by a plan with own machines or another. */
function websiteInstance(facts: Facts, ownMachine: boolean): Extraction {
  if (facts['env/WEBSITE_POD_NAME'] !== undefined || facts['env/CONTAINER_NAME'] !== undefined) return ABSENT
  const sku = facts['env/WEBSITE_SKU'] ?? ''
  if (sku === 'FlexConsumption') return ABSENT
  if ((OWN_MACHINE.test(sku) || facts['env/WEBSITE_COMPUTE_MODE'] === 'Dedicated') !== ownMachine) return ABSENT
  return lowerCase(wholeFact(facts, 'env/WEBSITE_INSTANCE_ID', /^[0-9a-f]{32,64}$/i, '32 to 64 hexadecimal digits'))
}

/** Names of machines that somebody chose are not this; they need not be one machine's. */
function computerName(facts: Facts): Extraction {
  const name = facts['env/COMPUTERNAME']
  if (name === undefined || !/^RD/i.test(name)) return ABSENT
  return /^RD[0-9A-F]{12}$/i.test(name) ? found(name.toUpperCase()) : malformed('RD without 12 hexadecimal digits')
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const CONTAINER = /^[0-9A-F]{8}-\d{12,24}$/i
const CONTAINER_OR_UUID = new RegExp(`${CONTAINER.source}|${UUID.source}`, 'i')

/** Identifiers of Azure Functions. */
export const AZURE: readonly Extractor[] = [
  rule({
    key: 'azure-instance',
    scope: 'vm',
    basis: 'declared',
    confidence: 0.99,
    separates: 'vm',
    era: 'App Service, Dedicated and Premium plans: "id representing the VM that the site is running on" (Kudu)',
    extract: (facts) => websiteInstance(facts, true),
  }),
  rule({
    key: 'azure-consumption-instance',
    scope: 'vm',
    basis: 'identifier',
    confidence: 0.7,
    era: 'Windows Consumption: taken for the machine by Wang et al. 2018, not verified since',
    extract: (facts) => websiteInstance(facts, false),
  }),
  rule({
    key: 'azure-container',
    scope: 'sandbox',
    basis: 'identifier',
    confidence: 0.99,
    separates: 'sandbox',
    era: 'Linux Consumption since 2019 (azure-functions-host)',
    extract: (facts) => upperCase(wholeFact(facts, 'env/CONTAINER_NAME', CONTAINER_OR_UUID, 'a container name')),
  }),
  rule({
    key: 'azure-pod',
    scope: 'sandbox',
    basis: 'identifier',
    confidence: 0.99,
    separates: 'sandbox',
    era: 'Flex Consumption since 2023 (Legion)',
    extract: (facts) =>
      wholeFact(facts, 'env/WEBSITE_POD_NAME', /^(?=.*\d)[\w.-]{10,253}$/, 'a pod name: 10 letters, digits and hyphens or more'),
  }),
  rule({
    key: 'azure-fabric-id',
    scope: 'sandbox',
    basis: 'identifier',
    confidence: 0.99,
    separates: 'sandbox',
    era: 'Linux Consumption on Service Fabric, 2019',
    extract: (facts) => lowerCase(wholeFact(facts, 'env/Fabric_Id', UUID, 'a UUID')),
  }),
  rule({
    key: 'azure-fabric-application',
    scope: 'sandbox',
    basis: 'identifier',
    confidence: 0.99,
    separates: 'sandbox',
    era: 'Linux Consumption on Service Fabric, 2019: holds the container name',
    extract: (facts) =>
      upperCase(wholeFact(facts, 'env/Fabric_ApplicationName', /^App-([0-9A-F]{8}-\d{12,24})$/i, '"App-" and a container name')),
  }),
  rule({
    key: 'azure-computer-name',
    scope: 'vm',
    basis: 'identifier',
    confidence: 0.7,
    era: 'Windows workers (not verified); names of one machine in one deployment',
    extract: computerName,
  }),
  rule({
    key: 'azure-stamp',
    scope: 'stratum',
    basis: 'declared',
    confidence: 0,
    separates: 'host',
    era: 'scale unit, since 2019: no machine is in two of them',
    extract: (facts) => wholeFact(facts, 'env/WEBSITE_HOME_STAMPNAME', /^waws-prod-[a-z0-9]+-[0-9a-z-]+$/, 'a stamp: waws-prod-…'),
  }),
  rule({
    key: 'azure-node-address',
    scope: 'stratum',
    basis: 'identifier',
    confidence: 0,
    era: 'Service Fabric, 2019–2023: from a small private range that every cluster uses again',
    passedOn: true,
    extract: (facts) => wholeFact(facts, 'env/Fabric_NodeIPOrFQDN', /^\d{1,3}(?:\.\d{1,3}){3}$/, 'an IPv4 address'),
  }),
  rule({
    key: 'azure-role-instance',
    scope: 'stratum',
    basis: 'declared',
    confidence: 0,
    era: '0 in every log seen, 2018–2025',
    extract: (facts) => wholeFact(facts, 'env/WEBSITE_ROLE_INSTANCE_ID', /^\d{1,6}$/, 'a whole number'),
  }),
]
