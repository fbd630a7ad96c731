/** The close codes we send (RFC 6455 §7.4.1 and IANA's registry). `ws` itself sends 1002, 1007 and 1009. */
export const CloseCode = {
  GoingAway: 1001,
  UnsupportedData: 1003,
  PolicyViolation: 1008,
  InternalError: 1011,
  ServiceRestart: 1012,
  TryAgainLater: 1013,
} as const;
