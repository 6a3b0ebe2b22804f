using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace VhdPS.Console.Cmdlets;

/// <summary>PowerShell's objects as JSON: properties by name, dictionaries by key, collections as arrays.</summary>
internal sealed class JsonOutput(int depth, bool compress, bool enumsAsStrings)
{
    /// <summary>Whether something lay deeper than the levels shown.</summary>
    public bool WasCut { get; private set; }

    public byte[] Write(object? value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Indented = !compress, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var writer = new Utf8JsonWriter(buffer, options))
        {
            Write(writer, value, depth);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private void Write(Utf8JsonWriter writer, object? value, int levelsLeft)
    {
        object? item = value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;
        if (WriteScalar(writer, item))
        {
            return;
        }

        if (levelsLeft < 0)
        {
            WasCut = true;
            writer.WriteStringValue(LanguagePrimitives.ConvertTo<string>(item));
            return;
        }

        switch (item)
        {
            case IDictionary table:
                writer.WriteStartObject();
                foreach (DictionaryEntry entry in table)
                {
                    writer.WritePropertyName(entry.Key.ToString()!);
                    Write(writer, entry.Value, levelsLeft - 1);
                }

                writer.WriteEndObject();
                break;
            case IEnumerable list:
                writer.WriteStartArray();
                foreach (object? element in list)
                {
                    Write(writer, element, levelsLeft - 1);
                }

                writer.WriteEndArray();
                break;
            default:
                WriteProperties(writer, PSObject.AsPSObject(value!), levelsLeft - 1);
                break;
        }
    }

    private void WriteProperties(Utf8JsonWriter writer, PSObject item, int levelsLeft)
    {
        writer.WriteStartObject();
        foreach (PSPropertyInfo property in item.Properties.Where(property =>
            property.MemberType is PSMemberTypes.Property or PSMemberTypes.NoteProperty))
        {
            object? value;
            try
            {
                value = property.Value;
            }
            catch (GetValueException)
            {
                value = null;
            }

            writer.WritePropertyName(property.Name);
            Write(writer, value, levelsLeft);
        }

        writer.WriteEndObject();
    }

    private bool WriteScalar(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                return true;
            case bool boolean:
                writer.WriteBooleanValue(boolean);
                return true;
            case Enum name when enumsAsStrings:
                writer.WriteStringValue(name.ToString());
                return true;
            case Enum number:
                writer.WriteRawValue(number.ToString("D"));
                return true;
            case double.NaN or double.PositiveInfinity or double.NegativeInfinity or float.NaN or float.PositiveInfinity or float.NegativeInfinity:
                writer.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                return true;
            case sbyte or byte or short or ushort or int or uint or long or ulong or float or double or decimal or System.Numerics.BigInteger:
                writer.WriteRawValue(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
                return true;
            case DateTime time:
                writer.WriteStringValue(time);
                return true;
            case DateTimeOffset time:
                writer.WriteStringValue(time);
                return true;
            case string or char or Guid or Uri or Version or Type or ScriptBlock:
                writer.WriteStringValue(value.ToString());
                return true;
            default:
                return false;
        }
    }
}
