/**
 * Runs wait for each other by a lock of the whole host. Tests whose figures do not depend on what else runs take one of their own, so that
 * files run side by side.
 */
process.env['NETFAIR_HOST_LOCK'] = `netfair-test-${process.pid}`
