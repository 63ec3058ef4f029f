//! Words of the sync page: plain enough for a cashier to read and act on.

words! {
    title: "Sincronización", "Sync";
    ok: "Todo está al día", "Everything is up to date";
    ok_lead: "Lo vendido aquí ya está en el servidor.", "What was sold here is on the server already.";
    busy: "Enviando cambios", "Sending changes";
    busy_lead: "Por enviar: {n}. Puedes seguir vendiendo.", "Still to send: {n}. You can keep selling.";
    behind: "Poniéndose al día", "Catching up";
    behind_lead: "La caja está recibiendo cambios del servidor. Puedes seguir vendiendo.", "The till is receiving changes from the server. You can keep selling.";
    offline: "Sin conexión con el servidor", "Not connected to the server";
    offline_lead: "Puedes seguir vendiendo: todo queda guardado en esta caja y se enviará solo.", "You can keep selling: everything is saved on this till and will be sent by itself.";
    revoked: "Esta caja está retirada", "This till was revoked";
    revoked_lead: "El servidor ya no la acepta. Lo guardado sigue aquí. Avisa al propietario.", "The server no longer accepts it. What was saved is still here. Tell the owner.";
    held_title: "Apartadas para el propietario: {n}", "Set aside for the owner: {n}";
    held_lead: "Están a salvo en el servidor, apartadas. No tienes que hacer nada.", "They are safe on the server, set aside. There is nothing for you to do.";
    connection: "Conexión", "Connection";
    connected: "Conectada", "Connected";
    not_connected: "Sin conexión", "Not connected";
    waiting: "Por enviar", "Waiting to be sent";
    waiting_since: "desde {since}", "since {since}";
    nothing_waiting: "Nada", "Nothing";
    held: "Apartadas", "Set aside";
    last_contact: "Último contacto", "Last contact";
    never: "Nunca", "Never";
    products: "Productos en esta caja", "Products on this till";
    last_error: "Último error", "Last error";
    feeds: "Qué tiene esta caja", "What this till has";
    complete: "Completo", "Complete";
    behind_n: "Faltan {n}", "{n} behind";
    filling: "Copiando: {done} de {all}", "Copying: {done} of {all}";
    scope_org: "Catálogo, precios, personal y clientes", "Catalogue, prices, staff and customers";
    scope_store: "Ventas, stock y reparaciones de la tienda", "Sales, stock and repairs of the store";
    scope_device: "Lo que el servidor guarda para esta caja", "What the server keeps for this till";
    try_now: "Sincronizar ahora", "Sync now";
    trying: "Sincronizando…", "Syncing…";
    tried_ok: "Hecho: la caja habló con el servidor.", "Done: the till reached the server.";
    server: "Servidor", "Server";
}
