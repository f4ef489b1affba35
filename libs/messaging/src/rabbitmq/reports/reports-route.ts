export { REPORTS_QUEUE } from '@nebula/contracts';

/** Exchange that workers publish reports to; the one that they may write to. */
export const REPORTS_EXCHANGE = 'nebula.reports';

/** Routing key by which it leads to the queue. */
export const REPORTS_ROUTING_KEY = 'report';
