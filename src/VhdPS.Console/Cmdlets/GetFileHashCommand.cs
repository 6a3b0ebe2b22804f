using System.Management.Automation;
using System.Security.Cryptography;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsCommon.Get, "FileHash", DefaultParameterSetName = PathSet)]
public sealed class GetFileHashCommand : PathCommandBase
{
    [Parameter(Position = 1)]
    [ValidateSet("SHA1", "SHA256", "SHA384", "SHA512", "MD5")]
    public string Algorithm { get; set; } = "SHA256";

    protected override IEnumerable<object> ProcessPath(string path) => FilesOf(path).Select(Hash);

    private PSObject Hash(string file)
    {
        using FileStream stream = File.OpenRead(file);
        using var hash = IncrementalHash.CreateHash(new HashAlgorithmName(Algorithm.ToUpperInvariant()));
        byte[] buffer = new byte[1 << 20];
        while (stream.Read(buffer) is > 0 and var count)
        {
            if (Stopping)
            {
                throw new PipelineStoppedException();
            }

            hash.AppendData(buffer, 0, count);
        }

        return ViewedObject.Create(
            "FileHashInfo",
            ("Algorithm", Algorithm.ToUpperInvariant()),
            ("Hash", Convert.ToHexString(hash.GetHashAndReset())),
            ("Path", file));
    }
}
