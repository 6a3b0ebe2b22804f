using VhdPS.Engine.Format;

namespace VhdPS.Engine.Nbd;

/// <summary>A fault of an NBD connection or server, with the address, what was expected and what was found.</summary>
public sealed class NbdException : IOException
{
    /// <summary>A fault that is told in a sentence.</summary>
    public NbdException(string uri, NbdFault fault, string message, Exception? inner = null)
        : base(PrintableText.Escape($"{uri}: {message}"), inner)
    {
        Uri = uri;
        Fault = fault;
    }

    private NbdException(string uri, string what, string expected, string found)
        : base(PrintableText.Escape($"{uri}: the peer departs from the protocol: {what}: expected {expected}, found {found}."))
    {
        Uri = uri;
        Fault = NbdFault.ProtocolViolation;
        Expected = expected;
        Found = found;
    }

    /// <summary>The address.</summary>
    public string Uri { get; }

    /// <summary>What is wrong.</summary>
    public NbdFault Fault { get; }

    /// <summary>What the protocol wants there; null where that is not the fault.</summary>
    public string? Expected { get; }

    /// <summary>What the peer sent; null where that is not the fault.</summary>
    public string? Found { get; }

    /// <summary>Something from the peer that the protocol does not allow.</summary>
    internal static NbdException Violation(string uri, string what, string expected, string found) => new(uri, what, expected, found);

    /// <summary>A number from the peer that the protocol does not allow there.</summary>
    internal static NbdException Violation(string uri, string what, string expected, ulong found) =>
        new(uri, what, expected, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"0x{found:X}"));
}
