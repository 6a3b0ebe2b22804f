using System.Security.Cryptography;

namespace VhdPS.Tests;

/// <summary>
/// A text file of what was agreed on, held against what is made, line by line: the first that differs fails. VHDPS_WRITE_GOLDEN=1 writes
/// it anew, for the difference to be read.
/// </summary>
/// <param name="path">Its path in the folder of these tests.</param>
internal sealed class GoldenFile(params string[] path)
{
    private static readonly bool IsWritten = Environment.GetEnvironmentVariable("VHDPS_WRITE_GOLDEN") == "1";

    private readonly string _path = Path.Combine([Repository.Root, "tests", "VhdPS.Tests", .. path]);
    private readonly List<string> _lines = [];
    private string[]? _expected;

    /// <summary>Lines so far.</summary>
    public int Count => _lines.Count;

    /// <summary>The first digits of the SHA-256 of bytes that nobody has to read.</summary>
    public static string Digest(ReadOnlySpan<byte> bytes, int digits = 12) =>
        System.Convert.ToHexString(SHA256.HashData(bytes))[..digits];

    /// <summary>Holds the next line against the file's.</summary>
    public void Add(string line)
    {
        _expected ??= IsWritten ? [] : File.ReadAllText(_path).ReplaceLineEndings("\n").Split('\n');
        string wanted = _lines.Count < _expected.Length ? _expected[_lines.Count] : "nothing";
        Assert.True(IsWritten || wanted == line, $"{path[^1]}, line {_lines.Count + 1}:\n{wanted}\n{line}");
        _lines.Add(line);
    }

    /// <summary>Asserts that the file has no line more.</summary>
    public void End()
    {
        if (IsWritten)
        {
            File.WriteAllText(_path, string.Join('\n', _lines) + "\n");
        }
        else
        {
            Assert.True(_expected?.Length == _lines.Count + 1, $"{path[^1]} has {_expected?.Length - 1} lines, {_lines.Count} were made");
        }
    }
}
