//! Words of a customer's page: record, history, duplicates.

words! {
    edit: "Editar", "Edit";
    back: "Volver", "Back";
    invoice_data: "Datos para facturas", "For invoices";
    legal_name: "Razón social", "Legal name";
    fiscal_address: "Domicilio fiscal", "Fiscal address";
    consent: "Acepta recibir avisos por", "Agreed to hear from us by";
    consent_email: "Correo", "E-mail";
    consent_phone: "Teléfono", "Phone";
    consent_message: "Mensaje", "Message";
    consent_none: "Sin permiso para avisos", "No consent to be contacted";
    bought: "Compras en esta tienda", "Bought in this store";
    documents: "Ventas y devoluciones", "Sales and returns";
    documents_none: "Todavía no ha comprado aquí", "Nothing bought here yet";
    repairs: "Reparaciones", "Repairs";
    repairs_none: "Ninguna reparación aquí", "No repair here";
    merged: "Fichas unidas", "Merged records";
    merged_lead: "Sus ventas y reparaciones se ven aquí.", "Their sales and repairs are shown here.";
    split: "Separar", "Split";
    duplicate_title: "Puede ser la misma persona", "Probably the same customer";
    duplicates: "Duplicados", "Duplicates";
    duplicates_title: "Fichas que parecen la misma", "Records that look like one";
    duplicates_lead: "Unir no borra nada: una ficha representa a las dos y se puede separar después.", "Merging deletes nothing: one record stands for both, and they can be split later.";
    duplicates_none: "Ningún duplicado a la vista", "No duplicates in sight";
    duplicates_none_lead: "Si dos cajas crean la misma ficha sin red, aparecerá aquí.", "If two tills create the same record without a network, it shows up here.";
    merge: "Unir", "Merge";
    keep_first: "Quedarse con esta", "Keep this one";
    not_the_same: "No son la misma", "Not the same";
    likeness: "Coincide: {what}", "Alike: {what}";
    same_tax_id: "identificación fiscal", "tax id";
    same_email: "correo", "e-mail";
    same_phone: "teléfono", "phone";
    same_address: "dirección", "address";
    same_name: "nombre", "name";
    similar_name: "nombre parecido", "similar name";
    merged_done: "Fichas unidas", "Records merged";
    undo: "Deshacer", "Undo";
    left: "Quedan {n}", "{n} left";
}
