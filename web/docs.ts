import '@fastify/swagger-ui/static/swagger-ui.css';
import SwaggerUI from '@fastify/swagger-ui/static/swagger-ui-bundle.js';

/** Draws the reference of the API from the description that this server serves. */
SwaggerUI({
  url: '/openapi.yaml',
  dom_id: '#reference',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  // The validator of Swagger UI would send the description to another server.
  validatorUrl: null,
});
