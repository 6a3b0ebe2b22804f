using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>A cmdlet that reads disks, whatever holds them: images with their parents, raw disks, and exports of NBD servers.</summary>
public abstract class VpcSourceCommandBase : VpcReadCommandBase
{
    /// <summary>Which of the two sizes in the footer holds; by default the creator decides.</summary>
    [Parameter]
    [SingleValue]
    public SizeRule SizeRule { get; set; }

    /// <summary>Reads what can be read of a damaged image; what is lost is zeros, and warned of.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Authorities of which an NBD server must have a certificate; left out, those that the system trusts.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public X509Certificate2[] TrustedCA { get; set; } = [];

    /// <summary>Takes any certificate of an NBD server: encrypted, but by whom is not known.</summary>
    [Parameter]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <inheritdoc/>
    private protected override bool TakesAddresses => true;

    /// <summary>How images are opened; to be asked on the pipeline's thread.</summary>
    private protected virtual VhdOpenOptions Options() => new() { SizeRule = SizeRule, Force = Force, Parents = ResolveParents() };

    /// <summary>Opens a source as the parameters say.</summary>
    private protected DiskSource Open(string path, VhdOpenOptions options, CancellationToken cancellation) => SourceArguments.Open(
        path, SourceFormat, options, SourceArguments.ToClientOptions(TrustedCA, SkipCertificateCheck), cancellation);
}
