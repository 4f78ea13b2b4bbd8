export { proofGatewayRoutes } from './proof.gateway.routes.ts';
export { PROOF_READERS } from './proof.pages.ts';
export { proofRoutes } from './proof.routes.ts';
export { type OnProofTrouble, type ProofTrouble, watchProofs, wishFor } from './proof.service.ts';
export { type GatewayProof, proofStanding } from './proof.standing.ts';
